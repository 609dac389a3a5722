CREATE TABLE console_call (
	id BIGINT PRIMARY KEY,
	took_us BIGINT NOT NULL,
	request_id TEXT NOT NULL,
	command TEXT NOT NULL,
	trace TEXT NOT NULL,
	verb TEXT NOT NULL,
	agent TEXT NOT NULL,
	name TEXT NOT NULL,
	method TEXT NOT NULL,
	kind BIGINT NOT NULL,
	app_id BIGINT NOT NULL,
	webhook_id BIGINT NOT NULL,
	user_id BIGINT NOT NULL,
	remote TEXT NOT NULL,
	status BIGINT NOT NULL,
	error TEXT NOT NULL,
	scope BIGINT NOT NULL,
	params TEXT NOT NULL,
	params_size BIGINT NOT NULL,
	masked BIGINT NOT NULL,
	answer TEXT NOT NULL,
	answer_size BIGINT NOT NULL
);
CREATE INDEX console_call_request ON console_call (request_id);
CREATE TABLE console_word (
	id BIGINT PRIMARY KEY,
	words TSVECTOR NOT NULL
);
CREATE INDEX console_word_words ON console_word USING GIN (words);
