package user

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/db"
)

// columns are read by scan, in this order.
const columns = `u.id, u.kind, u.active, u.admin, u.login, u.email, u.first_name, u.last_name, u.second_name, u.position,
	u.gender, u.birthday, u.www, u.mobile, u.work_phone, u.inner_phone, u.city, u.time_zone, u.language, u.color_code,
	u.avatar_hash, u.theme, u.clock12, u.departments, u.last_login, u.last_activity, u.registered, u.updated`

// scanner is a row of either kind.
type scanner interface{ Scan(dest ...any) error }

func scan(row scanner, more ...any) (User, error) {
	var u User
	var active, admin, clock12, login, activity, registered, updated int64
	var departments string
	dest := []any{
		&u.ID, &u.Kind, &active, &admin, &u.Login, &u.Email, &u.FirstName, &u.LastName, &u.SecondName, &u.Position,
		&u.Gender, &u.Birthday, &u.WWW, &u.Mobile, &u.WorkPhone, &u.InnerPhone, &u.City, &u.TimeZone, &u.Language,
		&u.ColorCode, &u.AvatarHash, &u.Theme, &clock12, &departments, &login, &activity, &registered, &updated,
	}
	if err := row.Scan(append(dest, more...)...); err != nil {
		return User{}, err
	}
	u.Active, u.Admin, u.Clock12 = active != 0, admin != 0, clock12 != 0
	u.Color = ColorOf(u.ColorCode)
	u.DepartmentIDs = splitIDs(departments)
	u.LastLogin, u.LastActivity = db.Time(login), db.Time(activity)
	u.Registered, u.Updated = db.Time(registered), db.Time(updated)
	return u, nil
}

func splitIDs(s string) []int64 {
	if s == "" {
		return nil
	}
	var ids []int64
	for part := range strings.SplitSeq(s, ",") {
		if id, err := strconv.ParseInt(part, 10, 64); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

func joinIDs(ids []int64) string {
	var b []byte
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, id, 10)
	}
	return string(b)
}

// Get returns the user id, of whatever kind, active or not. ErrNotFound when there is none.
func (s *Service) Get(ctx context.Context, id int64) (User, error) {
	users, err := s.Many(ctx, []int64{id})
	if err != nil {
		return User{}, err
	}
	u, ok := users[id]
	if !ok {
		return User{}, ErrNotFound
	}
	return u, nil
}

// GetTx is Get inside a transaction.
func (s *Service) GetTx(ctx context.Context, tx *db.Tx, id int64) (User, error) {
	return getWhere(ctx, tx, "u.id = ?", id)
}

// ByLogin returns the user whose login or e-mail address is name, in any case. ErrNotFound when there is none.
func (s *Service) ByLogin(ctx context.Context, name string) (u User, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		f := fold(name)
		u, err = getWhere(ctx, tx, "u.login_folded = ? OR u.email_folded = ? AND u.email_folded <> ''", f, f)
		return err
	})
	return u, err
}

func getWhere(ctx context.Context, tx *db.Tx, where string, args ...any) (User, error) {
	u, err := scan(tx.QueryRow(ctx, "SELECT "+columns+" FROM portal_user u WHERE "+where, args...))
	if errors.Is(err, db.ErrNoRows) {
		return User{}, ErrNotFound
	}
	if err != nil {
		return User{}, fmt.Errorf("read user: %w", err)
	}
	return u, nil
}

// Many returns the users of ids by their id; those who do not exist are missing. Their lists are not to be changed: the
// users are remembered.
func (s *Service) Many(ctx context.Context, ids []int64) (map[int64]User, error) {
	return s.recall(ctx, ids, false, s.ManyTx)
}

// recall returns users from memory, and reads those who are not in it.
func (s *Service) recall(ctx context.Context, ids []int64, details bool,
	read func(context.Context, *db.Tx, []int64) (map[int64]User, error),
) (map[int64]User, error) {
	known, missing, generation := s.memory.get(ids, details)
	if len(missing) == 0 {
		return known, nil
	}
	var found map[int64]User
	err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		found, err = read(ctx, tx, missing)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.memory.keep(found, details, generation)
	maps.Copy(known, found)
	return known, nil
}

// ManyTx is Many inside a transaction.
func (s *Service) ManyTx(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]User, error) {
	if len(ids) == 1 {
		if u, ok := tx.Noted(noted(ids[0])).(User); ok {
			return map[int64]User{u.ID: u}, nil
		}
	}
	users := make(map[int64]User, len(ids))
	for len(ids) > 0 {
		n := min(len(ids), maxIn)
		list, args := in(db.Args(ids[:n]))
		ids = ids[n:]
		found, err := query(ctx, tx, "SELECT "+columns+" FROM portal_user u WHERE u.id IN "+list, args)
		if err != nil {
			return nil, err
		}
		for _, u := range found {
			users[u.ID] = u
		}
	}
	return users, nil
}

// noted is under what a transaction keeps a user that it has read; who changes them notes it.
type noted int64

// NoteTx reads at once users of whom the rest of the transaction asks one by one.
func (s *Service) NoteTx(ctx context.Context, tx *db.Tx, ids []int64) error {
	users, err := s.ManyTx(ctx, tx, ids)
	for id, u := range users {
		tx.Note(noted(id), u)
	}
	return err
}

// Profiles returns the users of ids with their Details.
func (s *Service) Profiles(ctx context.Context, ids []int64) (map[int64]User, error) {
	return s.recall(ctx, ids, true, s.profilesTx)
}

func (s *Service) profilesTx(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]User, error) {
	users, err := s.ManyTx(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	all, err := detailsOf(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	for id, d := range all {
		u := users[id]
		u.Details = d
		users[id] = u
	}
	return users, nil
}

// maxIn is how many values go into one IN list.
const maxIn = 512

// in returns a list of placeholders. Its length is a power of two, the last value repeated, so that lists of all
// lengths need few prepared statements.
func in(values []any) (list string, args []any) {
	n := 1
	for n < len(values) {
		n *= 2
	}
	for len(values) < n {
		values = append(values, values[len(values)-1])
	}
	return "(" + db.Marks(n) + ")", values
}

func query(ctx context.Context, tx *db.Tx, text string, args []any) (users []User, err error) {
	err = each(ctx, tx, text, args, func(rows *sql.Rows) error {
		u, err := scan(rows)
		users = append(users, u)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read users: %w", err)
	}
	return users, nil
}

// each calls f for every row of a query.
func each(ctx context.Context, tx *db.Tx, text string, args []any, f func(*sql.Rows) error) (err error) {
	rows, err := tx.Query(ctx, text, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// detailsOf returns the Details of users by id.
func detailsOf(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]Details, error) {
	all := make(map[int64]Details, len(ids))
	for len(ids) > 0 {
		n := min(len(ids), maxIn)
		list, args := in(db.Args(ids[:n]))
		ids = ids[n:]
		err := each(ctx, tx, "SELECT user_id, name, value FROM user_field WHERE user_id IN "+list, args, func(rows *sql.Rows) error {
			var id int64
			var f Field
			var v string
			if err := rows.Scan(&id, &f, &v); err != nil || !details[f] {
				return err
			}
			if all[id] == nil {
				all[id] = Details{}
			}
			all[id][f] = v
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read profiles: %w", err)
		}
	}
	return all, nil
}
