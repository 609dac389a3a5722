CREATE TABLE role (
  id {{id}},
  code TEXT NOT NULL DEFAULT '',
  name TEXT NOT NULL,
  folded TEXT NOT NULL,
  about TEXT NOT NULL DEFAULT '',
  permissions TEXT NOT NULL DEFAULT '',
  updated BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX role_folded ON role (folded);

CREATE TABLE role_person (
  role_id BIGINT NOT NULL REFERENCES role (id),
  user_id BIGINT NOT NULL REFERENCES portal_user (id),
  PRIMARY KEY (role_id, user_id)
);
CREATE INDEX role_person_user ON role_person (user_id);

CREATE TABLE role_department (
  role_id BIGINT NOT NULL REFERENCES role (id),
  department_id BIGINT NOT NULL REFERENCES department (id),
  PRIMARY KEY (role_id, department_id)
);
CREATE INDEX role_department_department ON role_department (department_id);

INSERT INTO role (code, name, folded, about, permissions) VALUES
  ('manager', 'Manager', 'manager', 'Looks after people and departments.', 'people.manage departments.manage');
INSERT INTO role (code, name, folded, about, permissions) VALUES
  ('operator', 'Operator', 'operator', 'Serves clients.', '');
INSERT INTO role (code, name, folded, about, permissions) VALUES
  ('supervisor', 'Supervisor', 'supervisor', 'Watches over the work of everybody.', 'tasks.all');
INSERT INTO role (code, name, folded, about, permissions) VALUES
  ('developer', 'Developer', 'developer', 'Connects applications to the portal.', 'webhooks.own webhooks.all apps.manage console.view');
INSERT INTO role (code, name, folded, about, permissions) VALUES
  ('employee', 'Employee', 'employee', 'Everybody who belongs to the company.', 'webhooks.own');
