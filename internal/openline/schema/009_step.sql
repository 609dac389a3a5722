-- How often the same was decided again between the step before of its kind and this one, of which no row is kept.
ALTER TABLE openline_step ADD COLUMN folded BIGINT NOT NULL DEFAULT 0;
