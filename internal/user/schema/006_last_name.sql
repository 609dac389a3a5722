CREATE INDEX portal_user_last_name ON portal_user (LOWER(last_name), id);
