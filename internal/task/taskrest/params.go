package taskrest

import (
	"strings"

	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/record"
)

// paramParams is the parameter with the page.
var paramParams = param{2, "arParams", "list"}

// paginate reads PARAMS: {"NAV_PARAMS": {"nPageSize": 2, "iNumPage": 2}}. A page holds 50 tasks at most.
func paginate(q *record.Query, v phpform.Value) error {
	if record.Nothing(v) {
		return nil
	}
	if !v.IsArray() {
		return paramParams.mistyped("array")
	}
	for _, e := range v.Entries() {
		if !strings.EqualFold(e.Key, "NAV_PARAMS") && !record.Nothing(e.Value) {
			return paramParams.unknownKey(e.Key)
		}
	}
	nav, ok := v.GetFold("NAV_PARAMS")
	if !ok || record.Nothing(nav) {
		return nil
	}
	if !nav.IsArray() {
		return paramParams.mistyped("array")
	}
	size, _, err := natural(nav, "nPageSize")
	if err != nil {
		return err
	}
	if size > 0 && size < record.PageSize {
		q.Limit = int(size)
	}
	page, given, err := natural(nav, "iNumPage")
	if err != nil || !given {
		return err
	}
	q.Offset = min(max(page, 1)-1, record.MaxOffset) * int64(q.Limit)
	return nil
}

// natural reads a number of NAV_PARAMS that is not negative.
func natural(nav phpform.Value, name string) (n int64, given bool, err error) {
	v, ok := nav.GetFold(name)
	if !ok || record.Nothing(v) {
		return 0, false, nil
	}
	n, ok = v.Int()
	if !ok || n < 0 {
		return 0, false, paramParams.mistyped("integer")
	}
	return n, true, nil
}
