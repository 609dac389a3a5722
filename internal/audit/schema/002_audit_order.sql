CREATE INDEX audit_entry_type_at ON audit_entry (type, at, id);
CREATE INDEX audit_entry_user_at ON audit_entry (user_id, at, id);
DROP INDEX audit_entry_type;
DROP INDEX audit_entry_user;
