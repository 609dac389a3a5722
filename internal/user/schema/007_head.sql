CREATE INDEX department_head ON department (head_id, id);
