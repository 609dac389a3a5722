CREATE TABLE frame_site (
	app_id BIGINT NOT NULL PRIMARY KEY,
	site_key TEXT NOT NULL UNIQUE,
	name TEXT NOT NULL,
	files BIGINT NOT NULL,
	bytes BIGINT NOT NULL,
	uploaded_at BIGINT NOT NULL,
	uploaded_by BIGINT NOT NULL
);
CREATE TABLE frame_file (
	site_key TEXT NOT NULL,
	path TEXT NOT NULL,
	body {{blob}} NOT NULL,
	PRIMARY KEY (site_key, path)
);
