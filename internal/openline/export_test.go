package openline

// Statement is the SQL of a list, for those who look at how a database reads it.
func (q ListQuery) Statement() (string, []any) {
	if q.Limit <= 0 {
		q.Limit = listPage
	}
	return q.statement()
}
