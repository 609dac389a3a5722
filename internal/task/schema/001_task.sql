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
