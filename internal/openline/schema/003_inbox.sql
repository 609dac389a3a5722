CREATE INDEX openline_session_unanswered ON openline_session (line_id, (CASE WHEN waiting_since > 0 THEN waiting_since ELSE queued END), id)
  WHERE state IN ('waiting', 'offered');
CREATE INDEX openline_session_by_operator ON openline_session (operator_id, id);
CREATE INDEX openline_session_by_line ON openline_session (line_id, id);
