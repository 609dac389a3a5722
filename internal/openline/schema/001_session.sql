CREATE TABLE openline_client (
  user_id BIGINT PRIMARY KEY,
  proved TEXT NOT NULL,
  profile TEXT NOT NULL,
  blocked BIGINT NOT NULL DEFAULT 0,
  created BIGINT NOT NULL
);
CREATE UNIQUE INDEX openline_client_proved ON openline_client (proved) WHERE proved <> '';

CREATE TABLE openline_identity (
  connector TEXT NOT NULL,
  external_id TEXT NOT NULL,
  user_id BIGINT NOT NULL,
  PRIMARY KEY (connector, external_id)
);
CREATE INDEX openline_identity_user ON openline_identity (user_id);

CREATE TABLE openline_chat (
  chat_id BIGINT PRIMARY KEY,
  connector TEXT NOT NULL,
  line_id BIGINT NOT NULL,
  external_id TEXT NOT NULL,
  external_client TEXT NOT NULL,
  visitor_id BIGINT NOT NULL,
  grouped BIGINT NOT NULL,
  number BIGINT NOT NULL,
  url TEXT NOT NULL,
  session_id BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX openline_chat_client ON openline_chat (connector, line_id, external_id, visitor_id) WHERE grouped = 0;
CREATE UNIQUE INDEX openline_chat_group ON openline_chat (connector, line_id, external_id) WHERE grouped = 1;
CREATE INDEX openline_chat_visitor ON openline_chat (visitor_id);
CREATE INDEX openline_chat_number ON openline_chat (line_id, number);

CREATE TABLE openline_session (
  id {{id}},
  line_id BIGINT NOT NULL,
  chat_id BIGINT NOT NULL,
  visitor_id BIGINT NOT NULL,
  connector TEXT NOT NULL,
  state TEXT NOT NULL,
  bot_id BIGINT NOT NULL,
  operator_id BIGINT NOT NULL,
  parent_id BIGINT NOT NULL,
  priority BIGINT NOT NULL,
  tried TEXT NOT NULL,
  created BIGINT NOT NULL,
  queued BIGINT NOT NULL,
  taken BIGINT NOT NULL,
  answered BIGINT NOT NULL,
  closed BIGINT NOT NULL,
  reason TEXT NOT NULL,
  waiting_since BIGINT NOT NULL,
  client_at BIGINT NOT NULL,
  client_count BIGINT NOT NULL,
  operator_count BIGINT NOT NULL,
  bot_count BIGINT NOT NULL,
  told BIGINT NOT NULL,
  asked BIGINT NOT NULL,
  vote BIGINT NOT NULL,
  head_vote BIGINT NOT NULL,
  head_comment TEXT NOT NULL,
  head_id BIGINT NOT NULL,
  silent BIGINT NOT NULL,
  wants_person BIGINT NOT NULL
);
CREATE INDEX openline_session_waiting ON openline_session (line_id, priority DESC, queued, id) WHERE state = 'waiting';
CREATE INDEX openline_session_operator ON openline_session (operator_id, state) WHERE state IN ('offered', 'active', 'closing');
CREATE INDEX openline_session_open ON openline_session (line_id, state, id) WHERE state IN ('bot', 'waiting', 'offered', 'active', 'closing');
CREATE INDEX openline_session_chat ON openline_session (chat_id, id);
CREATE INDEX openline_session_visitor ON openline_session (visitor_id, id);
CREATE INDEX openline_session_created ON openline_session (created, id);

CREATE TABLE openline_offer (
  session_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  PRIMARY KEY (session_id, user_id)
);
CREATE INDEX openline_offer_user ON openline_offer (user_id, session_id);

CREATE TABLE openline_operator (
  user_id BIGINT PRIMARY KEY,
  paused BIGINT NOT NULL,
  since BIGINT NOT NULL,
  given BIGINT NOT NULL
);

CREATE TABLE openline_pin (
  user_id BIGINT NOT NULL,
  session_id BIGINT NOT NULL,
  PRIMARY KEY (user_id, session_id)
);
CREATE INDEX openline_pin_session ON openline_pin (session_id);

CREATE TABLE openline_timer (
  session_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (session_id, kind)
);
CREATE INDEX openline_timer_at ON openline_timer (at, session_id, kind);

CREATE TABLE openline_step (
  id {{id}},
  session_id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  kind TEXT NOT NULL,
  actor_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  detail TEXT NOT NULL
);
CREATE INDEX openline_step_session ON openline_step (session_id, id);
