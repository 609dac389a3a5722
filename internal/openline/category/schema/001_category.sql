CREATE TABLE line_category (
  id {{id}},
  name TEXT NOT NULL,
  folded TEXT NOT NULL,
  gone BIGINT NOT NULL
);
CREATE UNIQUE INDEX line_category_folded ON line_category (folded) WHERE gone = 0;
