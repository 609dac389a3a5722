-- Nothing waits for SQLite's index; both databases have the same steps.
SELECT 1;
