package task

import (
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

// builder puts a statement together. Values become placeholders, always.
type builder struct {
	sql    strings.Builder
	args   []any
	viewer user.Ref
	owner  int64 // whose list it is, where it is somebody's
	now    time.Time
}

// add appends a piece of SQL with its values; :now, :viewer and :owner in it become placeholders too.
func (b *builder) add(sql string, args ...any) *builder {
	for {
		i := strings.IndexByte(sql, ':')
		if i < 0 {
			b.sql.WriteString(sql)
			b.args = append(b.args, args...)
			return b
		}
		b.sql.WriteString(sql[:i])
		b.sql.WriteByte('?')
		name, value := "viewer", b.viewer.ID
		switch {
		case strings.HasPrefix(sql[i+1:], "now"):
			name, value = "now", db.Micro(b.now)
		case strings.HasPrefix(sql[i+1:], "owner"):
			name, value = "owner", b.owner
		}
		b.args = append(b.args, value)
		sql = sql[i+1+len(name):]
	}
}

// in appends (?, ?, …) with values.
func (b *builder) in(values []any) {
	b.sql.WriteByte('(')
	b.sql.WriteString(db.Marks(len(values)))
	b.sql.WriteByte(')')
	b.args = append(b.args, values...)
}

func direction(desc bool) string {
	if desc {
		return " DESC"
	}
	return " ASC"
}
