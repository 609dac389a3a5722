package user

import (
	"context"
	"fmt"
	"strings"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/userfield"
)

// Query says which users a list holds, and in what order. Its zero value is everybody by their id.
type Query struct {
	IDs          []int64 // nil: any
	Kinds        []Kind  // nil: any
	ActiveOnly   bool
	Findable     bool   // without bots that are hidden
	Inactive     bool   // only those who were dismissed
	Admins       bool   // only administrators
	RoleID       int64  // who was given the role, or whose department or one above it was; 0: any
	Invited      bool   // only those who have not signed in yet
	Link         Link   // of those, who have such an invitation
	DepartmentID int64  // 0: any
	Search       string // words that begin a word of the name, the position or an added field that is searchable, or the e-mail address
	Conditions   []Condition
	Custom       []CustomCondition // of the fields that were added to profiles

	Sort       Field // empty or unknown: by id
	Descending bool
	Offset     int64
	Limit      int64 // 0: all
	Details    bool  // load the Details as well

	found []userfield.Field // Search looks into them too; see ready
}

// CustomCondition is a condition on a field that was added to profiles.
type CustomCondition struct {
	Field userfield.Field
	userfield.Condition
}

// ready completes q with the added fields by which a search finds people.
func (s *Service) ready(ctx context.Context, q *Query) error {
	if q.Search == "" {
		return nil
	}
	fields, err := s.CustomFields(ctx)
	for _, f := range fields {
		if f.Searchable {
			q.found = append(q.found, f)
		}
	}
	return err
}

// Link narrows Query.Invited to those whose invitation is in some state.
type Link uint8

// The states of an invitation.
const (
	AnyLink  Link = iota
	LinkOpen      // it works
	LinkOver      // it is too old, or was taken back
)

// List returns the users of q.
func (s *Service) List(ctx context.Context, q Query) (users []User, err error) {
	if err := s.ready(ctx, &q); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		users, err = s.list(ctx, tx, q)
		return err
	})
	return users, err
}

// Page returns the users of q, and how many there would be without Offset and Limit.
func (s *Service) Page(ctx context.Context, q Query) (users []User, total int64, err error) {
	if err := s.ready(ctx, &q); err != nil {
		return nil, 0, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if users, err = s.list(ctx, tx, q); err != nil {
			return err
		}
		w, err := s.where(q)
		if err != nil {
			return err
		}
		err = tx.QueryRow(ctx, "SELECT COUNT(*) FROM portal_user u"+w.String(), w.args...).Scan(&total)
		if err != nil {
			return fmt.Errorf("count users: %w", err)
		}
		return nil
	})
	return users, total, err
}

// Count returns how many users q holds, whatever its Offset and Limit.
func (s *Service) Count(ctx context.Context, q Query) (n int64, err error) {
	if err := s.ready(ctx, &q); err != nil {
		return 0, err
	}
	w, err := s.where(q)
	if err != nil {
		return 0, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT COUNT(*) FROM portal_user u"+w.String(), w.args...).Scan(&n)
	})
	if err != nil {
		return 0, fmt.Errorf("count users: %w", err)
	}
	return n, nil
}

func (s *Service) list(ctx context.Context, tx *db.Tx, q Query) ([]User, error) {
	w, err := s.where(q)
	if err != nil {
		return nil, err
	}
	join, order, args := orderOf(q)
	args = append(args, w.args...)
	text := "SELECT " + columns + " FROM portal_user u" + join + w.String() + order
	if q.Limit > 0 || q.Offset > 0 {
		limit := q.Limit
		if limit <= 0 {
			limit = 1 << 62
		}
		text += " LIMIT ? OFFSET ?"
		args = append(args, limit, q.Offset)
	}
	users, err := query(ctx, tx, text, args)
	if err != nil || !q.Details || len(users) == 0 {
		return users, err
	}
	ids := make([]int64, len(users))
	for i, u := range users {
		ids[i] = u.ID
	}
	all, err := detailsOf(ctx, tx, ids)
	for i := range users {
		users[i].Details = all[users[i].ID]
	}
	return users, err
}

// orderOf returns what a query needs to sort: a join for texts, and the order itself. Equal users go by their id.
func orderOf(q Query) (join, order string, args []any) {
	direction := " ASC"
	if q.Descending {
		direction = " DESC"
	}
	switch typeOf(q.Sort) {
	case textField, dateField:
		join = " LEFT JOIN user_field o ON o.user_id = u.id AND o.name = ?"
		return join, " ORDER BY COALESCE(o.folded, '')" + direction + ", u.id" + direction, []any{string(q.Sort)}
	case departmentField:
		return "", " ORDER BY u.departments" + direction + ", u.id" + direction, nil
	case numberField, noField, departmentNameField, nameSearchField, findField:
		return "", " ORDER BY u.id" + direction, nil
	default:
		return "", " ORDER BY " + q.Sort.column() + direction + ", u.id" + direction, nil
	}
}

// clause collects conditions that must all hold.
type clause struct {
	parts []string
	args  []any
}

func (c *clause) add(sql string, args ...any) {
	c.parts = append(c.parts, sql)
	c.args = append(c.args, args...)
}

func (c *clause) String() string {
	if len(c.parts) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c.parts, " AND ")
}

const never = "1 = 0"

func (s *Service) where(q Query) (*clause, error) {
	c := &clause{}
	if q.IDs != nil {
		c.addIn("u.id", db.Args(q.IDs))
	}
	if q.Kinds != nil {
		kinds := make([]any, len(q.Kinds))
		for i, k := range q.Kinds {
			kinds[i] = string(k)
		}
		c.addIn("u.kind", kinds)
	}
	if q.ActiveOnly {
		c.add("u.active = 1")
	}
	if q.Findable {
		c.add("u.hidden = 0")
	}
	if q.Inactive {
		c.add("u.active = 0")
	}
	if q.Admins {
		c.add("u.admin = 1")
	}
	if q.Invited {
		c.add("u.last_login = 0")
	}
	if q.Link != AnyLink {
		not := map[Link]string{LinkOver: "NOT "}[q.Link]
		c.add(not+"EXISTS (SELECT 1 FROM user_link l WHERE l.user_id = u.id AND l.expires > ?)", db.Micro(s.clock.Now()))
	}
	if q.RoleID != 0 {
		c.add(`(u.id IN (SELECT p.user_id FROM role_person p WHERE p.role_id = ?) OR u.id IN (SELECT d.user_id FROM user_department d
			WHERE d.department_id IN (WITH RECURSIVE down (id) AS (SELECT department_id FROM role_department WHERE role_id = ?
				UNION SELECT n.id FROM department n JOIN down ON n.parent_id = down.id) SELECT id FROM down)))`, q.RoleID, q.RoleID)
	}
	if q.DepartmentID != 0 {
		c.add("EXISTS (SELECT 1 FROM user_department d WHERE d.user_id = u.id AND d.department_id = ?)", q.DepartmentID)
	}
	for _, word := range words(q.Search) {
		p := db.Like(word) + "%"
		sql, args := `u.search LIKE ? ESCAPE '\' OR u.email_folded LIKE ? ESCAPE '\'`, []any{"% " + p, p}
		if more, values, ok := userfield.FoundSQL(q.found, "u.id", word); ok {
			sql, args = sql+" OR "+more, append(args, values...)
		}
		c.add("("+sql+")", args...)
	}
	if len(q.Conditions)+len(q.Custom) > maxConditions {
		return nil, errConditions
	}
	for _, cond := range q.Custom {
		sql, args := cond.Field.SQL("u.id", cond.Condition)
		c.add(sql, args...)
	}
	for _, cond := range q.Conditions {
		sql, args := s.compile(cond)
		c.add(sql, args...)
	}
	return c, nil
}

func (c *clause) addIn(column string, values []any) {
	if len(values) == 0 {
		c.add(never)
		return
	}
	list, args := in(values)
	c.add(column+" IN "+list, args...)
}

// words returns the words of a search, folded; more than a handful do not narrow it any further.
func words(text string) []string {
	w := strings.Fields(fold(text))
	return w[:min(len(w), 8)]
}

// fold returns text as it is compared: in lower case and without what a database would not take.
func fold(text string) string { return strings.ToLower(strings.TrimSpace(clean(text))) }

// clean removes bytes that are no text.
func clean(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
}

// CleanText returns the first n bytes of text, or fewer where a character would be cut in two, as every database takes it.
func CleanText(text string, n int) string {
	if len(text) > n {
		text = text[:n]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")
}
