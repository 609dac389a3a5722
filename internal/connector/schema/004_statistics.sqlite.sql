-- SQLite keeps no statistics of columns that no index has; both databases have the same steps.
SELECT 1;
