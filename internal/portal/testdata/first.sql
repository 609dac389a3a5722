-- A portal as the first version of the program made it: the demo company, an application, a webhook. {{id}} and {{blob}} stand for
-- what the databases name differently. It never changes: a test brings it up to date.

CREATE TABLE department (
  id {{id}},
  name TEXT NOT NULL,
  folded TEXT NOT NULL,
  parent_id BIGINT NOT NULL DEFAULT 0,
  head_id BIGINT NOT NULL DEFAULT 0,
  sort BIGINT NOT NULL DEFAULT 500
);
CREATE INDEX department_parent ON department (parent_id);

CREATE TABLE portal_user (
  id {{id}},
  kind TEXT NOT NULL,
  active BIGINT NOT NULL,
  admin BIGINT NOT NULL,
  login TEXT NOT NULL,
  login_folded TEXT NOT NULL,
  email TEXT NOT NULL,
  email_folded TEXT NOT NULL,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  second_name TEXT NOT NULL,
  position TEXT NOT NULL,
  gender TEXT NOT NULL,
  birthday TEXT NOT NULL,
  www TEXT NOT NULL,
  mobile TEXT NOT NULL,
  work_phone TEXT NOT NULL,
  inner_phone TEXT NOT NULL,
  city TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  language TEXT NOT NULL,
  color_code TEXT NOT NULL,
  avatar_hash TEXT NOT NULL DEFAULT '',
  theme TEXT NOT NULL DEFAULT '',
  departments TEXT NOT NULL DEFAULT '',
  search TEXT NOT NULL,
  password TEXT NOT NULL DEFAULT '',
  last_login BIGINT NOT NULL DEFAULT 0,
  last_activity BIGINT NOT NULL DEFAULT 0,
  registered BIGINT NOT NULL,
  updated BIGINT NOT NULL
);
CREATE UNIQUE INDEX portal_user_login ON portal_user (login_folded);
CREATE UNIQUE INDEX portal_user_email ON portal_user (email_folded) WHERE email_folded <> '';
CREATE INDEX portal_user_kind ON portal_user (kind, active, id);

CREATE TABLE user_field (
  user_id BIGINT NOT NULL REFERENCES portal_user (id),
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  folded TEXT NOT NULL,
  PRIMARY KEY (user_id, name)
);
CREATE INDEX user_field_folded ON user_field (name, folded);

CREATE TABLE user_department (
  user_id BIGINT NOT NULL REFERENCES portal_user (id),
  department_id BIGINT NOT NULL REFERENCES department (id),
  PRIMARY KEY (user_id, department_id)
);
CREATE INDEX user_department_department ON user_department (department_id, user_id);

CREATE TABLE user_avatar (
  user_id BIGINT NOT NULL REFERENCES portal_user (id),
  hash TEXT NOT NULL,
  size BIGINT NOT NULL,
  type TEXT NOT NULL,
  data {{blob}} NOT NULL,
  PRIMARY KEY (user_id, hash, size)
);

CREATE TABLE user_session (
  token TEXT NOT NULL PRIMARY KEY,
  user_id BIGINT NOT NULL REFERENCES portal_user (id),
  user_agent TEXT NOT NULL,
  address TEXT NOT NULL,
  created BIGINT NOT NULL,
  used BIGINT NOT NULL,
  expires BIGINT NOT NULL
);
CREATE INDEX user_session_user ON user_session (user_id);
CREATE INDEX user_session_expires ON user_session (expires);

CREATE TABLE sign_in_attempt (
  subject TEXT NOT NULL PRIMARY KEY,
  attempts BIGINT NOT NULL,
  since BIGINT NOT NULL
);
CREATE INDEX sign_in_attempt_since ON sign_in_attempt (since);

CREATE TABLE user_link (
  user_id BIGINT NOT NULL PRIMARY KEY REFERENCES portal_user (id),
  token TEXT NOT NULL,
  expires BIGINT NOT NULL
);
CREATE UNIQUE INDEX user_link_token ON user_link (token);
CREATE TABLE event_binding (
	id {{id}},
	app_id BIGINT NOT NULL,
	event TEXT NOT NULL,
	handler TEXT NOT NULL,
	auth_user BIGINT NOT NULL,
	created_by BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	UNIQUE (app_id, event, handler, auth_user)
);
CREATE INDEX event_binding_event ON event_binding (event);
CREATE TABLE event_lane (
	id {{id}},
	app_id BIGINT NOT NULL,
	url TEXT NOT NULL,
	failures BIGINT NOT NULL DEFAULT 0,
	not_before BIGINT NOT NULL DEFAULT 0,
	UNIQUE (app_id, url)
);
CREATE TABLE event_delivery (
	id {{id}},
	lane_id BIGINT NOT NULL,
	binding_id BIGINT NOT NULL,
	name TEXT NOT NULL,
	user_id BIGINT NOT NULL,
	bot_id BIGINT NOT NULL,
	no_auth BIGINT NOT NULL,
	token TEXT NOT NULL,
	data TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	state BIGINT NOT NULL DEFAULT 0,
	attempts BIGINT NOT NULL DEFAULT 0,
	sent_at BIGINT NOT NULL DEFAULT 0,
	took_us BIGINT NOT NULL DEFAULT 0,
	status BIGINT NOT NULL DEFAULT 0,
	answer TEXT NOT NULL DEFAULT ''
);
CREATE INDEX event_delivery_pending ON event_delivery (lane_id, id) WHERE state = 0;
CREATE INDEX event_delivery_kept ON event_delivery (sent_at) WHERE state <> 0;
CREATE TABLE event_lease (
	name TEXT NOT NULL PRIMARY KEY,
	holder TEXT NOT NULL,
	until BIGINT NOT NULL
);
CREATE TABLE app (
	id {{id}},
	client_id TEXT NOT NULL UNIQUE,
	secret_hash {{blob}} NOT NULL,
	application_token TEXT NOT NULL,
	name TEXT NOT NULL,
	kind TEXT NOT NULL,
	api_only BIGINT NOT NULL,
	handler_url TEXT NOT NULL,
	install_url TEXT NOT NULL,
	menu_title TEXT NOT NULL,
	scopes TEXT NOT NULL,
	version BIGINT NOT NULL,
	installed BIGINT NOT NULL,
	owner_id BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	used_at BIGINT NOT NULL DEFAULT 0,
	removed_at BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE app_token (
	id {{id}},
	app_id BIGINT NOT NULL REFERENCES app (id),
	user_id BIGINT NOT NULL,
	access_hash {{blob}} NOT NULL UNIQUE,
	access_until BIGINT NOT NULL,
	refresh_hash {{blob}} UNIQUE,
	refresh_until BIGINT NOT NULL,
	purge_at BIGINT NOT NULL,
	code_id BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX app_token_app ON app_token (app_id);
CREATE INDEX app_token_user ON app_token (user_id);
CREATE INDEX app_token_purge ON app_token (purge_at);
CREATE INDEX app_token_code ON app_token (code_id);
CREATE TABLE app_code (
	id {{id}},
	code_hash {{blob}} NOT NULL UNIQUE,
	app_id BIGINT NOT NULL REFERENCES app (id),
	user_id BIGINT NOT NULL,
	until BIGINT NOT NULL,
	used BIGINT NOT NULL DEFAULT 0,
	purge_at BIGINT NOT NULL
);
CREATE INDEX app_code_purge ON app_code (purge_at);
CREATE TABLE webhook (
	id {{id}},
	user_id BIGINT NOT NULL,
	code_hash {{blob}} NOT NULL UNIQUE,
	title TEXT NOT NULL,
	scopes TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	used_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX webhook_user ON webhook (user_id);
CREATE TABLE app_portal (
	id BIGINT NOT NULL PRIMARY KEY,
	member_id TEXT NOT NULL
);
CREATE TABLE chat (
  id {{id}},
  type TEXT NOT NULL,
  title TEXT NOT NULL,
  folded TEXT NOT NULL,
  owner_id BIGINT NOT NULL,
  entity_type TEXT NOT NULL,
  entity_id TEXT NOT NULL,
  color TEXT NOT NULL,
  user_a BIGINT NOT NULL,
  user_b BIGINT NOT NULL,
  can_post TEXT NOT NULL,
  can_manage TEXT NOT NULL,
  extranet BIGINT NOT NULL DEFAULT 0,
  created BIGINT NOT NULL,
  member_count BIGINT NOT NULL DEFAULT 0,
  version BIGINT NOT NULL DEFAULT 0,
  last_message_id BIGINT NOT NULL DEFAULT 0,
  last_seq BIGINT NOT NULL DEFAULT 0,
  last_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX chat_pair ON chat (user_a, user_b) WHERE type = 'P';
CREATE UNIQUE INDEX chat_general ON chat (entity_type) WHERE entity_type = 'GENERAL';
CREATE INDEX chat_entity ON chat (entity_type, entity_id) WHERE entity_id <> '';

CREATE TABLE chat_member (
  chat_id BIGINT NOT NULL REFERENCES chat (id),
  user_id BIGINT NOT NULL,
  bot BIGINT NOT NULL,
  joined BIGINT NOT NULL,
  history_from BIGINT NOT NULL,
  read_seq BIGINT NOT NULL,
  read_message_id BIGINT NOT NULL,
  gone BIGINT NOT NULL DEFAULT 0,
  pinned BIGINT NOT NULL DEFAULT 0,
  muted BIGINT NOT NULL DEFAULT 0,
  marked BIGINT NOT NULL DEFAULT 0,
  hidden_seq BIGINT NOT NULL DEFAULT -1,
  PRIMARY KEY (chat_id, user_id)
);
CREATE INDEX chat_member_user ON chat_member (user_id);
CREATE INDEX chat_member_muted ON chat_member (chat_id) WHERE muted = 1;

CREATE TABLE message (
  id {{id}},
  chat_id BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  author_id BIGINT NOT NULL,
  sender_id BIGINT NOT NULL,
  created BIGINT NOT NULL,
  text TEXT NOT NULL,
  extra TEXT NOT NULL,
  uuid TEXT NOT NULL,
  reply_id BIGINT NOT NULL,
  flags BIGINT NOT NULL,
  edited BIGINT NOT NULL DEFAULT 0,
  deleted BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX message_chat ON message (chat_id, id);
CREATE TABLE bot (
  user_id BIGINT PRIMARY KEY,
  app_id BIGINT NOT NULL,
  client_id TEXT NOT NULL,
  owner TEXT NOT NULL,
  code TEXT NOT NULL,
  type TEXT NOT NULL,
  openline BIGINT NOT NULL,
  on_message_add TEXT NOT NULL,
  on_message_update TEXT NOT NULL,
  on_message_delete TEXT NOT NULL,
  on_join TEXT NOT NULL,
  on_delete TEXT NOT NULL,
  version BIGINT NOT NULL,
  created BIGINT NOT NULL
);
CREATE UNIQUE INDEX bot_code ON bot (owner, code);
CREATE INDEX bot_app ON bot (app_id);
CREATE TABLE task (
	id {{id}},
	parent_id BIGINT NOT NULL DEFAULT 0,
	title TEXT NOT NULL,
	title_lower TEXT NOT NULL,
	description TEXT NOT NULL DEFAULT '',
	description_in_bbcode BIGINT NOT NULL DEFAULT 1,
	mark TEXT NOT NULL DEFAULT '',
	priority BIGINT NOT NULL DEFAULT 1,
	status BIGINT NOT NULL DEFAULT 2,
	responsible_id BIGINT NOT NULL,
	group_id BIGINT NOT NULL DEFAULT 0,
	stage_id BIGINT NOT NULL DEFAULT 0,
	flow_id BIGINT NOT NULL DEFAULT 0,
	created_by BIGINT NOT NULL,
	created_date BIGINT NOT NULL,
	changed_by BIGINT NOT NULL,
	changed_date BIGINT NOT NULL,
	status_changed_by BIGINT NOT NULL,
	status_changed_date BIGINT NOT NULL,
	closed_by BIGINT NOT NULL DEFAULT 0,
	closed_date BIGINT NOT NULL DEFAULT 0,
	activity_date BIGINT NOT NULL,
	date_start BIGINT NOT NULL DEFAULT 0,
	deadline BIGINT NOT NULL DEFAULT 0,
	start_date_plan BIGINT NOT NULL DEFAULT 0,
	end_date_plan BIGINT NOT NULL DEFAULT 0,
	duration_plan BIGINT NOT NULL DEFAULT 0,
	duration_type TEXT NOT NULL DEFAULT 'days',
	guid TEXT NOT NULL,
	xml_id TEXT NOT NULL DEFAULT '',
	comments_count BIGINT NOT NULL DEFAULT 0,
	service_comments_count BIGINT NOT NULL DEFAULT 0,
	allow_change_deadline BIGINT NOT NULL DEFAULT 0,
	allow_time_tracking BIGINT NOT NULL DEFAULT 0,
	task_control BIGINT NOT NULL DEFAULT 0,
	add_in_report BIGINT NOT NULL DEFAULT 0,
	match_work_time BIGINT NOT NULL DEFAULT 0,
	replicate BIGINT NOT NULL DEFAULT 0,
	forked_by_template_id BIGINT NOT NULL DEFAULT 0,
	time_estimate BIGINT NOT NULL DEFAULT 0,
	time_spent_in_logs BIGINT NOT NULL DEFAULT 0,
	forum_id BIGINT NOT NULL DEFAULT 0,
	forum_topic_id BIGINT NOT NULL DEFAULT 0,
	site_id TEXT NOT NULL DEFAULT 's1'
);
CREATE INDEX task_parent ON task (parent_id, id);
CREATE INDEX task_responsible_deadline ON task (responsible_id, deadline, id);
CREATE INDEX task_created_by ON task (created_by, id);
CREATE INDEX task_group ON task (group_id, id);
CREATE INDEX task_deadline ON task (deadline, id);
CREATE INDEX task_status ON task (status, id);
CREATE INDEX task_created_date ON task (created_date, id);
CREATE INDEX task_changed_date ON task (changed_date, id);
CREATE INDEX task_closed_date ON task (closed_date, id);
CREATE INDEX task_title ON task (title_lower, id);
CREATE TABLE task_member (
	task_id BIGINT NOT NULL,
	user_id BIGINT NOT NULL,
	role TEXT NOT NULL,
	PRIMARY KEY (task_id, role, user_id)
);
CREATE INDEX task_member_user ON task_member (user_id, role, task_id);
CREATE TABLE task_tag (
	task_id BIGINT NOT NULL,
	tag TEXT NOT NULL,
	tag_lower TEXT NOT NULL,
	PRIMARY KEY (task_id, tag_lower)
);
CREATE INDEX task_tag_name ON task_tag (tag_lower, task_id);
CREATE TABLE task_dependence (
	task_id BIGINT NOT NULL,
	depends_on_id BIGINT NOT NULL,
	PRIMARY KEY (task_id, depends_on_id)
);
CREATE INDEX task_dependence_on ON task_dependence (depends_on_id, task_id);
CREATE TABLE task_view (
	task_id BIGINT NOT NULL,
	user_id BIGINT NOT NULL,
	viewed_date BIGINT NOT NULL DEFAULT 0,
	favorite BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (task_id, user_id)
);
CREATE TABLE schema_migration (area TEXT NOT NULL, number BIGINT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (area, number));
INSERT INTO schema_migration (area, number, name) VALUES
('user', 1, '001_user.sql'),
('event', 1, '001_event.sql'),
('app', 1, '001_app.sql'),
('im', 1, '001_chat.sql'),
('bot', 1, '001_bot.sql'),
('task', 1, '001_task.sql');
INSERT INTO portal_user (id, kind, active, admin, login, login_folded, email, email_folded, first_name, last_name, second_name, position, gender, birthday, www, mobile, work_phone, inner_phone, city, time_zone, language, color_code, avatar_hash, theme, departments, search, password, last_login, last_activity, registered, updated) VALUES
(1, 'employee', 1, 1, 'admin', 'admin', 'anna@northwind.example', 'anna@northwind.example', 'Anna', 'Berger', '', 'Managing director', 'F', '1983-04-12', '', '', '+49 30 5550 100', '100', 'Berlin', 'Europe/Berlin', '', 'AZURE', 'f5e0c7a058ca69459a15e4fb025bed52', '', '4', ' anna berger  managing director', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$bm9ib2R5', 0, 0, 1795717933000000, 1794421933000000),
(2, 'employee', 1, 0, 'mark@northwind.example', 'mark@northwind.example', 'mark@northwind.example', 'mark@northwind.example', 'Mark', 'Novak', '', 'Head of sales', 'M', '1987-09-30', '', '', '+49 30 5550 110', '110', 'Berlin', 'Europe/Berlin', 'en', 'GRAPHITE', '5f6343b1903f1cbd9d771194af82b70f', '', '3', ' mark novak  head of sales', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$bm9ib2R5', 0, 0, 1787938333000000, 1794421933000000),
(3, 'employee', 1, 0, 'lena@northwind.example', 'lena@northwind.example', 'lena@northwind.example', 'lena@northwind.example', 'Lena', 'Fischer', '', 'Customer support', 'F', '1994-01-22', '', '', '+49 30 5550 120', '120', 'Berlin', 'Europe/Berlin', 'en', 'PURPLE', '03f089b64428d731a0cc16095c263566', '', '2', ' lena fischer  customer support', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$bm9ib2R5', 0, 0, 1787938333000000, 1794421933000000),
(4, 'employee', 1, 0, 'tom@northwind.example', 'tom@northwind.example', 'tom@northwind.example', 'tom@northwind.example', 'Tom', 'Okafor', '', 'Developer', 'M', '1991-06-03', '', '', '+44 20 5550 130', '130', 'London', 'Europe/London', 'en', 'MARENGO', 'e8863e30c7a8f47cdcdbf7111a5fa912', '', '1', ' tom okafor  developer', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$bm9ib2R5', 0, 0, 1787938333000000, 1794421933000000),
(5, 'employee', 1, 0, 'sofia@northwind.example', 'sofia@northwind.example', 'sofia@northwind.example', 'sofia@northwind.example', 'Sofia', 'Rossi', '', 'Designer', 'F', '1990-11-17', '', '', '+39 02 5550 140', '140', 'Milan', 'Europe/Rome', 'en', 'PURPLE', '5bd9810f030349e7469e7279f24e1046', '', '1', ' sofia rossi  designer', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$bm9ib2R5', 0, 0, 1787938333000000, 1794421933000000),
(6, 'employee', 1, 0, 'daniel@northwind.example', 'daniel@northwind.example', 'daniel@northwind.example', 'daniel@northwind.example', 'Daniel', 'Cho', '', 'Logistics', 'M', '1985-02-08', '', '', '+49 40 5550 150', '150', 'Hamburg', 'Europe/Berlin', 'en', 'AQUA', 'aa3d2d72ac4bfcc79f15883f89ef11ff', '', '1', ' daniel cho  logistics', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$bm9ib2R5', 0, 0, 1787938333000000, 1794421933000000),
(7, 'employee', 1, 0, 'nora@northwind.example', 'nora@northwind.example', 'nora@northwind.example', 'nora@northwind.example', 'Nora', 'Haddad', '', 'Finance', 'F', '1988-08-25', '', '', '+49 30 5550 160', '160', 'Berlin', 'Europe/Berlin', 'en', 'KHAKI', '4011ade11a7b569ea253eee353e816b0', '', '4', ' nora haddad  finance', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$bm9ib2R5', 0, 0, 1787938333000000, 1794421933000000),
(8, 'employee', 1, 0, 'julia@northwind.example', 'julia@northwind.example', 'julia@northwind.example', 'julia@northwind.example', 'Julia', 'Lind', '', 'Sales manager', 'F', '1996-05-14', '', '', '+46 8 5550 170', '170', 'Stockholm', 'Europe/Stockholm', 'en', 'PINK', '59958d0ca92e3e238baf1e8d4b66ad07', '', '3', ' julia lind  sales manager', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$bm9ib2R5', 0, 0, 1787938333000000, 1794421933000000);
INSERT INTO department (id, name, folded, parent_id, head_id, sort) VALUES
(1, 'Operations', 'operations', 0, 4, 400),
(2, 'Support', 'support', 0, 3, 300),
(3, 'Sales', 'sales', 0, 2, 200),
(4, 'Northwind Goods', 'northwind goods', 0, 1, 100);
INSERT INTO user_field (user_id, name, value, folded) VALUES
(1, 'name', 'Anna', 'anna'),
(1, 'work_phone', '+49 30 5550 100', '+49 30 5550 100'),
(1, 'time_zone', 'Europe/Berlin', 'europe/berlin'),
(1, 'last_name', 'Berger', 'berger'),
(1, 'email', 'anna@northwind.example', 'anna@northwind.example'),
(1, 'uf_phone_inner', '100', '100'),
(1, 'personal_city', 'Berlin', 'berlin'),
(1, 'work_position', 'Managing director', 'managing director'),
(1, 'personal_gender', 'F', 'f'),
(1, 'personal_birthday', '1983-04-12', '1983-04-12'),
(2, 'last_name', 'Novak', 'novak'),
(2, 'email', 'mark@northwind.example', 'mark@northwind.example'),
(2, 'personal_gender', 'M', 'm'),
(2, 'personal_birthday', '1987-09-30', '1987-09-30'),
(2, 'work_phone', '+49 30 5550 110', '+49 30 5550 110'),
(2, 'uf_phone_inner', '110', '110'),
(2, 'name', 'Mark', 'mark'),
(2, 'work_position', 'Head of sales', 'head of sales'),
(2, 'personal_city', 'Berlin', 'berlin'),
(2, 'time_zone', 'Europe/Berlin', 'europe/berlin'),
(3, 'work_phone', '+49 30 5550 120', '+49 30 5550 120'),
(3, 'personal_city', 'Berlin', 'berlin'),
(3, 'time_zone', 'Europe/Berlin', 'europe/berlin'),
(3, 'last_name', 'Fischer', 'fischer'),
(3, 'email', 'lena@northwind.example', 'lena@northwind.example'),
(3, 'work_position', 'Customer support', 'customer support'),
(3, 'personal_gender', 'F', 'f'),
(3, 'personal_birthday', '1994-01-22', '1994-01-22'),
(3, 'uf_phone_inner', '120', '120'),
(3, 'name', 'Lena', 'lena'),
(4, 'email', 'tom@northwind.example', 'tom@northwind.example'),
(4, 'uf_phone_inner', '130', '130'),
(4, 'personal_city', 'London', 'london'),
(4, 'time_zone', 'Europe/London', 'europe/london'),
(4, 'work_position', 'Developer', 'developer'),
(4, 'personal_gender', 'M', 'm'),
(4, 'personal_birthday', '1991-06-03', '1991-06-03'),
(4, 'work_phone', '+44 20 5550 130', '+44 20 5550 130'),
(4, 'name', 'Tom', 'tom'),
(4, 'last_name', 'Okafor', 'okafor'),
(5, 'uf_phone_inner', '140', '140'),
(5, 'time_zone', 'Europe/Rome', 'europe/rome'),
(5, 'last_name', 'Rossi', 'rossi'),
(5, 'work_position', 'Designer', 'designer'),
(5, 'personal_gender', 'F', 'f'),
(5, 'personal_city', 'Milan', 'milan'),
(5, 'name', 'Sofia', 'sofia'),
(5, 'email', 'sofia@northwind.example', 'sofia@northwind.example'),
(5, 'personal_birthday', '1990-11-17', '1990-11-17'),
(5, 'work_phone', '+39 02 5550 140', '+39 02 5550 140'),
(6, 'personal_city', 'Hamburg', 'hamburg'),
(6, 'name', 'Daniel', 'daniel'),
(6, 'last_name', 'Cho', 'cho'),
(6, 'email', 'daniel@northwind.example', 'daniel@northwind.example'),
(6, 'work_position', 'Logistics', 'logistics'),
(6, 'uf_phone_inner', '150', '150'),
(6, 'time_zone', 'Europe/Berlin', 'europe/berlin'),
(6, 'personal_gender', 'M', 'm'),
(6, 'personal_birthday', '1985-02-08', '1985-02-08'),
(6, 'work_phone', '+49 40 5550 150', '+49 40 5550 150'),
(7, 'name', 'Nora', 'nora'),
(7, 'last_name', 'Haddad', 'haddad'),
(7, 'work_position', 'Finance', 'finance'),
(7, 'time_zone', 'Europe/Berlin', 'europe/berlin'),
(7, 'email', 'nora@northwind.example', 'nora@northwind.example'),
(7, 'personal_gender', 'F', 'f'),
(7, 'personal_birthday', '1988-08-25', '1988-08-25'),
(7, 'work_phone', '+49 30 5550 160', '+49 30 5550 160'),
(7, 'uf_phone_inner', '160', '160'),
(7, 'personal_city', 'Berlin', 'berlin'),
(8, 'name', 'Julia', 'julia'),
(8, 'last_name', 'Lind', 'lind'),
(8, 'email', 'julia@northwind.example', 'julia@northwind.example'),
(8, 'work_position', 'Sales manager', 'sales manager'),
(8, 'personal_gender', 'F', 'f'),
(8, 'work_phone', '+46 8 5550 170', '+46 8 5550 170'),
(8, 'personal_birthday', '1996-05-14', '1996-05-14'),
(8, 'uf_phone_inner', '170', '170'),
(8, 'personal_city', 'Stockholm', 'stockholm'),
(8, 'time_zone', 'Europe/Stockholm', 'europe/stockholm');
INSERT INTO user_department (user_id, department_id) VALUES
(1, 4),
(2, 3),
(3, 2),
(4, 1),
(5, 1),
(6, 1),
(7, 4),
(8, 3);
INSERT INTO user_avatar (user_id, hash, size, type, data) VALUES
(1, 'f5e0c7a058ca69459a15e4fb025bed52', 0, 'image/png', {{bytes 89504e470d0a1a0a}}),
(2, '5f6343b1903f1cbd9d771194af82b70f', 0, 'image/png', {{bytes 89504e470d0a1a0a}}),
(3, '03f089b64428d731a0cc16095c263566', 0, 'image/png', {{bytes 89504e470d0a1a0a}}),
(4, 'e8863e30c7a8f47cdcdbf7111a5fa912', 0, 'image/png', {{bytes 89504e470d0a1a0a}}),
(5, '5bd9810f030349e7469e7279f24e1046', 0, 'image/png', {{bytes 89504e470d0a1a0a}}),
(6, 'aa3d2d72ac4bfcc79f15883f89ef11ff', 0, 'image/png', {{bytes 89504e470d0a1a0a}}),
(7, '4011ade11a7b569ea253eee353e816b0', 0, 'image/png', {{bytes 89504e470d0a1a0a}}),
(8, '59958d0ca92e3e238baf1e8d4b66ad07', 0, 'image/png', {{bytes 89504e470d0a1a0a}});
INSERT INTO event_lane (id, app_id, url, failures, not_before) VALUES
(1, 1, 'http://127.0.0.1:9/i', 2, 1795717955804184);
INSERT INTO event_delivery (id, lane_id, binding_id, name, user_id, bot_id, no_auth, token, data, created_at, state, attempts, sent_at, took_us, status, answer) VALUES
(1, 1, 0, 'ONAPPINSTALL', 1, 0, 0, '', '{"VERSION":"1","ACTIVE":"Y","INSTALLED":"Y","LANGUAGE_ID":"en"}', 1795717937492720, 0, 2, 1795717938561084, 370, 0, 'Post "http://127.0.0.1:9/i": dial tcp 127.0.0.1:9: connect: connection refused');
INSERT INTO app (id, client_id, secret_hash, application_token, name, kind, api_only, handler_url, install_url, menu_title, scopes, version, installed, owner_id, created_at, updated_at, used_at, removed_at) VALUES
(1, 'local.4d83133daa56a9.07013213', {{bytes 9307b39438b7e95b7382b42120eb6d9afaa9442db28d1df25d14ab8e54ca3bb4}}, 'cdf03990aa4360ff6619096a113fa488', 'Fixture', 'server', 1, 'http://127.0.0.1:9/h', 'http://127.0.0.1:9/i', '', 'im,imbot,task', 1, 1, 1, 1795717937491707, 1795717937491707, 0, 0);
INSERT INTO app_token (id, app_id, user_id, access_hash, access_until, refresh_hash, refresh_until, purge_at, code_id) VALUES
(1, 1, 1, {{bytes 943c149aa0390128a26956aee9f548401fd98fb24d80234a2b5036054b33e84e}}, 1795721537583175, {{bytes 956b0c031c88ef38a0bec78cd3d74949d81daa8b55d58a8f49c37428cfdc1e44}}, 1811269937583175, 1813861937583175, 0);
INSERT INTO webhook (id, user_id, code_hash, title, scopes, created_at, updated_at, used_at) VALUES
(1, 1, {{bytes 7456bf8fc2715edd6e8b6daf80dccfaf2f91b69c09ab4cd732db75be91b46551}}, 'Inbound webhook', '*', 1795717938214148, 1795717938214148, 1795717938984561);
INSERT INTO app_portal (id, member_id) VALUES
(1, 'bad306946dd473af11e3c0c2dfb690be');
INSERT INTO chat (id, type, title, folded, owner_id, entity_type, entity_id, color, user_a, user_b, can_post, can_manage, extranet, created, member_count, version, last_message_id, last_seq, last_at) VALUES
(1, 'O', 'General chat', 'general chat', 0, 'GENERAL', '', 'GRAY', 0, 0, 'member', 'member', 0, 1795717933691523, 8, 8, 6, 6, 1795244580000000),
(2, 'C', 'Spring catalogue', 'spring catalogue', 5, '', '', 'LIME', 0, 0, 'member', 'member', 0, 1795338660000000, 5, 1, 15, 9, 1795680240000000),
(3, 'C', 'Support shift', 'support shift', 3, '', '', 'KHAKI', 0, 0, 'member', 'member', 0, 1795417140000000, 4, 1, 20, 5, 1795615920000000),
(4, 'P', '', '', 0, '', '', '', 1, 2, 'member', 'member', 0, 1795537860000000, 2, 1, 24, 4, 1795680900000000),
(5, 'P', '', '', 0, '', '', '', 1, 7, 'member', 'member', 0, 1795262460000000, 2, 1, 27, 3, 1795264020000000),
(6, 'P', '', '', 0, '', '', '', 1, 4, 'member', 'member', 0, 1795600740000000, 2, 1, 29, 2, 1795601340000000),
(7, 'P', '', '', 0, '', '', '', 3, 6, 'member', 'member', 0, 1795597260000000, 2, 1, 31, 2, 1795597860000000);
INSERT INTO chat_member (chat_id, user_id, bot, joined, history_from, read_seq, read_message_id, gone, pinned, muted, marked, hidden_seq) VALUES
(1, 1, 0, 1795717933691840, 0, 6, 6, 0, 0, 0, 0, -1),
(1, 2, 0, 1787938333530490, 0, 6, 6, 0, 0, 0, 0, -1),
(1, 3, 0, 1787938333530490, 0, 6, 6, 0, 0, 0, 0, -1),
(1, 4, 0, 1787938333530490, 0, 6, 6, 0, 0, 0, 0, -1),
(1, 5, 0, 1787938333530490, 0, 6, 6, 0, 0, 0, 0, -1),
(1, 6, 0, 1787938333530490, 0, 6, 6, 0, 0, 0, 0, -1),
(1, 7, 0, 1787938333530490, 0, 6, 6, 0, 0, 0, 0, -1),
(1, 8, 0, 1787938333530490, 0, 6, 6, 0, 0, 0, 0, -1),
(2, 5, 0, 1795338660000000, 0, 9, 15, 0, 0, 0, 0, -1),
(2, 1, 0, 1795338660000000, 0, 6, 12, 0, 0, 0, 0, -1),
(2, 2, 0, 1795338660000000, 0, 9, 15, 0, 0, 0, 0, -1),
(2, 8, 0, 1795338660000000, 0, 9, 15, 0, 0, 0, 0, -1),
(2, 4, 0, 1795338660000000, 0, 9, 15, 0, 0, 0, 0, -1),
(3, 3, 0, 1795417140000000, 0, 5, 20, 0, 0, 0, 0, -1),
(3, 1, 0, 1795417140000000, 0, 5, 20, 0, 0, 0, 0, -1),
(3, 4, 0, 1795417140000000, 0, 5, 20, 0, 0, 0, 0, -1),
(3, 6, 0, 1795417140000000, 0, 5, 20, 0, 0, 0, 0, -1),
(4, 1, 0, 1795537860000000, 0, 2, 22, 0, 0, 0, 0, -1),
(4, 2, 0, 1795537860000000, 0, 4, 24, 0, 0, 0, 0, -1),
(5, 1, 0, 1795262460000000, 0, 3, 27, 0, 0, 0, 0, -1),
(5, 7, 0, 1795262460000000, 0, 3, 27, 0, 0, 0, 0, -1),
(6, 1, 0, 1795600740000000, 0, 2, 29, 0, 0, 0, 0, -1),
(6, 4, 0, 1795600740000000, 0, 2, 29, 0, 0, 0, 0, -1),
(7, 3, 0, 1795597260000000, 0, 2, 31, 0, 0, 0, 0, -1),
(7, 6, 0, 1795597260000000, 0, 2, 31, 0, 0, 0, 0, -1);
INSERT INTO message (id, chat_id, seq, author_id, sender_id, created, text, extra, uuid, reply_id, flags, edited, deleted) VALUES
(1, 1, 1, 1, 1, 1793865720000000, 'Good morning, everybody! This is our new portal: chats, tasks and bots on our own machine.', '', 'df7e148e-f2fa-492f-b843-c773090200d0', 0, 0, 0, 0),
(2, 1, 2, 2, 2, 1793865960000000, 'Finally all in one place. Where do I switch on the dark theme?', '', 'b4ec1f20-c31a-4a42-8039-e4e3717991f8', 0, 0, 0, 0),
(3, 1, 3, 5, 5, 1793866080000000, 'Click your picture at the bottom left. The dark one is [b]really[/b] good.', '', '7cf8b58d-b3ef-4d6c-898d-2bb66c7584e3', 0, 0, 0, 0),
(4, 1, 4, 7, 7, 1794670800000000, 'Please hand in your October receipts by Friday. The form is in the shared folder.', '', '251fae25-b7ba-45cc-ae1d-2025cec1bc02', 0, 0, 0, 0),
(5, 1, 5, 4, 4, 1795169700000000, 'Heads-up: the warehouse scanner moves to the new address tonight at 22:00. Five minutes without labels, at most.', '', 'd4344e19-e304-49b5-898c-cda1ff401499', 0, 0, 0, 0),
(6, 1, 6, 6, 6, 1795244580000000, 'Labels are back, all good. Thanks, [USER=4]Tom[/USER]!', '', '2f04f87c-eaf5-4f09-b118-3e515c6def12', 0, 0, 0, 0),
(7, 2, 1, 5, 5, 1795338720000000, 'First layout of the spring catalogue is ready. 48 pages, the bicycles moved to the front.', '', '77ad8f8e-bffa-4523-a3dc-347e89ce9d70', 0, 0, 0, 0),
(8, 2, 2, 2, 2, 1795339800000000, 'Love the cover. Could the prices be larger on page 12? Retailers will ask.', '', '5ccb5171-5672-4466-ac50-2f8860e2c92c', 0, 0, 0, 0),
(9, 2, 3, 5, 5, 1795340460000000, 'Done. [i]Also on 14 and 18[/i], so that they match.', '', '32a51e4d-02fb-4ee2-bf87-5cc7f0030128', 0, 0, 0, 0),
(10, 2, 4, 8, 8, 1795525500000000, 'Three retailers want it in Swedish. Possible?', '', 'b2ffb37f-b470-4234-ada7-f008614c1998', 0, 0, 0, 0),
(11, 2, 5, 4, 4, 1795526520000000, 'The texts come from the catalogue, so yes, as soon as they are translated there.', '', '43125f23-7ef9-4059-b690-415768c1e447', 0, 0, 0, 0),
(12, 2, 6, 1, 1, 1795596480000000, 'Then let us do it. Julia, you have the translation, Sofia the layout, Friday next week.', '', '83294ee3-5086-4fb6-97f2-b9591c3cb97f', 0, 0, 0, 0),
(13, 2, 7, 8, 8, 1795596900000000, 'On it :)', '', '082eb0a9-9c05-4468-850a-e0241bb25300', 0, 0, 0, 0),
(14, 2, 8, 5, 5, 1795679220000000, 'New version with the Swedish texts so far: please look at pages 3 to 9.', '', 'c22695eb-2040-474e-8c3f-c434f48368d3', 0, 0, 0, 0),
(15, 2, 9, 2, 2, 1795680240000000, 'Page 7 still says "bicycle bell" in English, the rest reads well.', '', 'd6890031-2d40-439c-bece-0f4ca56bec2e', 0, 0, 0, 0),
(16, 3, 1, 3, 3, 1795417200000000, 'Good morning from the shift. Eleven open conversations from the weekend.', '', 'c6af5859-2631-44b1-aa2f-0cdfb00f553e', 0, 0, 0, 0),
(17, 3, 2, 6, 6, 1795418460000000, 'Parcel 3318 is at the customs office, I am calling them at nine.', '', 'bdf07c53-19d9-4883-ab62-0304eed2981e', 0, 0, 0, 0),
(18, 3, 3, 3, 3, 1795422840000000, 'Thank you! The client is happy already with an honest answer.', '', '3a49afae-946e-445b-95d0-1652710d5a29', 0, 0, 0, 0),
(19, 3, 4, 4, 4, 1795615800000000, 'Shop search was slow between 14:50 and 15:05, it is fixed. If somebody asks: no order was lost.', '', '70585c85-1f1a-47ae-8bb5-212802540af9', 0, 0, 0, 0),
(20, 3, 5, 3, 3, 1795615920000000, 'Two asked, both are sorted.', '', '6900259a-8555-4283-a15f-1cfde85563c3', 0, 0, 0, 0),
(21, 4, 1, 2, 2, 1795537920000000, 'The offer for Contoso went out: 240 pieces, 12 % off.', '', '1aae1cf1-8ef4-496c-8e6c-b94b2ca9eb72', 0, 0, 0, 0),
(22, 4, 2, 1, 1, 1795538400000000, 'Good. Do they know that we deliver in two parts?', '', 'ba2fff23-d254-483a-bf21-e8b16a002dff', 0, 0, 0, 0),
(23, 4, 3, 2, 2, 1795538460000000, 'It is in the second paragraph. They were fine with it on the phone.', '', '0d35de82-95e2-416d-a7c5-336d15afdc63', 0, 0, 0, 0),
(24, 4, 4, 2, 2, 1795680900000000, 'They signed! Can you release the order today?', '', '03adf804-5ba5-4337-bc60-69eec54c3215', 0, 0, 0, 0),
(25, 5, 1, 1, 1, 1795262520000000, 'Could you send me the figures of the quarter before the meeting?', '', 'e1e63738-4147-453e-bb13-29a85de46340', 0, 0, 0, 0),
(26, 5, 2, 7, 7, 1795263960000000, 'Revenue 412,300 · cost 286,900 · open invoices 31,450. The details are in the folder.', '', '85f25554-8455-4dd0-848f-803e0868e4a4', 0, 0, 0, 0),
(27, 5, 3, 1, 1, 1795264020000000, 'Perfect, thank you.', '', '86b2bcd2-cb94-4fa3-ad0f-6530d64f813a', 0, 0, 0, 0),
(28, 6, 1, 4, 4, 1795600800000000, 'Your notebook update is scheduled for tonight, please leave it on.', '', 'd991c2e7-f49e-42e9-b8dc-264c08d46b97', 0, 0, 0, 0),
(29, 6, 2, 1, 1, 1795601340000000, 'Will do.', '', 'f63bfc32-657d-44ee-8ecd-bd911ad754b6', 0, 0, 0, 0),
(30, 7, 1, 3, 3, 1795597320000000, 'Is the carrier for Hamburg the same as last week?', '', '78311ae7-209d-42fd-8229-51cf2db1cb2f', 0, 0, 0, 0),
(31, 7, 2, 6, 6, 1795597860000000, 'Yes, pick-up at 16:00.', '', '7ffdc753-6603-4a59-b787-8bb30a50898b', 0, 0, 0, 0);
INSERT INTO task (id, parent_id, title, title_lower, description, description_in_bbcode, mark, priority, status, responsible_id, group_id, stage_id, flow_id, created_by, created_date, changed_by, changed_date, status_changed_by, status_changed_date, closed_by, closed_date, activity_date, date_start, deadline, start_date_plan, end_date_plan, duration_plan, duration_type, guid, xml_id, comments_count, service_comments_count, allow_change_deadline, allow_time_tracking, task_control, add_in_report, match_work_time, replicate, forked_by_template_id, time_estimate, time_spent_in_logs, forum_id, forum_topic_id, site_id) VALUES
(1, 0, 'Sign the lease for the Hamburg warehouse', 'sign the lease for the hamburg warehouse', 'The landlord needs both copies. [b]Keep the annex with the floor plan.[/b]', 1, '', 2, 2, 1, 0, 0, 0, 7, 1794681133530490, 7, 1794681133530490, 7, 1794681133530490, 0, 0, 1794681133530490, 0, 1795366800000000, 0, 0, 0, 'days', '{335482e7-5e7a-4699-b60c-60e8e1d78998}', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 's1'),
(2, 0, 'Answer the auditor''s questions', 'answer the auditor''s questions', 'Eleven questions, four of them about the stock in transit.', 1, '', 2, 2, 1, 0, 0, 0, 7, 1794940333530490, 7, 1794940333530490, 7, 1794940333530490, 0, 0, 1794940333530490, 0, 1795626000000000, 0, 0, 0, 'days', '{f76ec2a3-7c49-4771-8007-6359e754b757}', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 's1'),
(3, 0, 'Release the Contoso order', 'release the contoso order', '240 pieces in two deliveries.', 1, '', 1, 2, 1, 0, 0, 0, 2, 1795703533530490, 2, 1795703533530490, 2, 1795703533530490, 0, 0, 1795703533530490, 0, 1795798800000000, 0, 0, 0, 'days', '{d8076574-aa7b-45b2-8774-4c95a81a18b7}', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 's1'),
(4, 0, 'Prepare the quarterly review', 'prepare the quarterly review', 'Slides as last time; add a page on returns.', 1, '', 1, 2, 1, 0, 0, 0, 1, 1795199533530490, 1, 1795199533530490, 1, 1795199533530490, 0, 0, 1795199533530490, 0, 1796230800000000, 0, 0, 0, 'days', '{78cb7a34-a40c-4e1a-a1ac-407710dd1a80}', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 's1'),
(5, 0, 'Call the carrier about late pick-ups', 'call the carrier about late pick-ups', '', 1, '', 1, 2, 6, 0, 0, 0, 1, 1795026733530490, 1, 1795026733530490, 1, 1795026733530490, 0, 0, 1795026733530490, 0, 1795539600000000, 0, 0, 0, 'days', '{983be622-5bae-43fc-89ad-2c2fac67b019}', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 's1'),
(6, 0, 'Stocktaking in aisle C', 'stocktaking in aisle c', 'Start with the pallets that have no label.', 1, '', 0, 2, 6, 0, 0, 0, 6, 1795458733530490, 6, 1795458733530490, 6, 1795458733530490, 0, 0, 1795458733530490, 0, 1795971600000000, 0, 0, 0, 'days', '{e5a3895e-16f8-4e66-9979-47438b0329c6}', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 's1'),
(7, 0, 'Swedish texts for the spring catalogue', 'swedish texts for the spring catalogue', 'Pages 3 to 48. The glossary is in the shared folder.', 1, '', 1, 2, 8, 0, 0, 0, 1, 1795631533530490, 1, 1795631533530490, 1, 1795631533530490, 0, 0, 1795631533530490, 0, 1796490000000000, 0, 0, 0, 'days', '{264602c9-8865-4b82-85c6-41bb638b75bd}', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 's1'),
(8, 0, 'Offer for Fabrikam', 'offer for fabrikam', '', 1, '', 2, 2, 8, 0, 0, 0, 2, 1795285933530490, 2, 1795285933530490, 2, 1795285933530490, 0, 0, 1795285933530490, 0, 1795626000000000, 0, 0, 0, 'days', '{ca371dae-83c2-45c9-af2b-6ca35ee1d7d3}', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 's1'),
(9, 0, 'Layout of the Swedish catalogue', 'layout of the swedish catalogue', 'As soon as the texts are there.', 1, '', 1, 2, 5, 0, 0, 0, 1, 1795631533530490, 1, 1795631533530490, 1, 1795631533530490, 0, 0, 1795631533530490, 0, 1796662800000000, 0, 0, 0, 'days', '{b87925c1-c844-4013-b7d9-e786d5e4724a}', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 's1'),
(10, 0, 'Larger prices on pages 12, 14 and 18', 'larger prices on pages 12, 14 and 18', '', 1, '', 1, 5, 5, 0, 0, 0, 2, 1795372333530490, 5, 1795545133530490, 5, 1795545133530490, 5, 1795545133530490, 1795545133530490, 0, 1795453200000000, 0, 0, 0, 'days', '{e35a53c9-6daa-4dc3-8cec-8d4012950429}', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 's1'),
(11, 0, 'Move the scanner to the new address', 'move the scanner to the new address', 'Tell everybody a day before.', 1, '', 2, 5, 4, 0, 0, 0, 6, 1794853933530490, 4, 1795285933530490, 4, 1795285933530490, 4, 1795285933530490, 1795285933530490, 0, 1795194000000000, 0, 0, 0, 'days', '{6cb11a69-eec5-4119-818d-8b34844fd609}', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 's1'),
(12, 0, 'Write down how the shop search is restarted', 'write down how the shop search is restarted', 'So that the shift can do it without a developer.', 1, '', 1, 2, 4, 0, 0, 0, 3, 1795631533530490, 3, 1795631533530490, 3, 1795631533530490, 0, 0, 1795631533530490, 0, 1796058000000000, 0, 0, 0, 'days', '{9ed86760-3c4e-422e-aa70-e03599ffc963}', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 's1'),
(13, 0, 'Answer templates for delivery questions', 'answer templates for delivery questions', 'Ten cover nine of ten questions.', 1, '', 0, 2, 3, 0, 0, 0, 3, 1795113133530490, 3, 1795113133530490, 3, 1795113133530490, 0, 0, 1795113133530490, 0, 1795626000000000, 0, 0, 0, 'days', '{393ea05a-d8a1-4ce4-937e-591125b9ea2b}', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 's1'),
(14, 0, 'Collect the October receipts', 'collect the october receipts', '', 1, '', 1, 2, 7, 0, 0, 0, 7, 1794681133530490, 7, 1794681133530490, 7, 1794681133530490, 0, 0, 1794681133530490, 0, 1795885200000000, 0, 0, 0, 'days', '{6801595e-e4ef-4636-aa32-2cf6c2eb00fa}', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 's1'),
(15, 0, 'Ideas for the summer party', 'ideas for the summer party', 'No deadline: write down what comes to mind.', 1, '', 0, 2, 2, 0, 0, 0, 1, 1794421933530490, 1, 1794421933530490, 1, 1794421933530490, 0, 0, 1794421933530490, 0, 0, 0, 0, 0, 'days', '{909f36ff-ac4b-4358-aaa6-de932c1f4083}', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 's1');
INSERT INTO task_member (task_id, user_id, role) VALUES
(1, 1, 'R'),
(1, 7, 'O'),
(2, 1, 'R'),
(2, 7, 'O'),
(3, 1, 'R'),
(3, 2, 'O'),
(4, 1, 'R'),
(4, 1, 'O'),
(5, 6, 'R'),
(5, 1, 'O'),
(6, 6, 'R'),
(6, 6, 'O'),
(7, 8, 'R'),
(7, 1, 'O'),
(8, 8, 'R'),
(8, 2, 'O'),
(9, 5, 'R'),
(9, 1, 'O'),
(10, 5, 'R'),
(10, 2, 'O'),
(11, 4, 'R'),
(11, 6, 'O'),
(12, 4, 'R'),
(12, 3, 'O'),
(13, 3, 'R'),
(13, 3, 'O'),
(14, 7, 'R'),
(14, 7, 'O'),
(15, 2, 'R'),
(15, 1, 'O');
INSERT INTO task_tag (task_id, tag, tag_lower) VALUES
(1, 'warehouse', 'warehouse'),
(2, 'finance', 'finance'),
(3, 'sales', 'sales'),
(5, 'warehouse', 'warehouse'),
(6, 'warehouse', 'warehouse'),
(7, 'catalogue', 'catalogue'),
(8, 'sales', 'sales'),
(9, 'catalogue', 'catalogue'),
(10, 'catalogue', 'catalogue'),
(12, 'support', 'support'),
(13, 'support', 'support'),
(14, 'finance', 'finance');
INSERT INTO task_view (task_id, user_id, viewed_date, favorite) VALUES
(1, 7, 1794681133530490, 0),
(2, 7, 1794940333530490, 0),
(3, 2, 1795703533530490, 0);
