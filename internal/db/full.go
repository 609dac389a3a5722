package db

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/portico-hq/portico/internal/fault"
)

// ErrFull is returned by Write when there is no space left for what it writes. Nothing of it is kept, and nothing else is lost: what
// reads goes on, and so does what writes once there is space.
var ErrFull = fault.New(fault.Unavailable, "STORAGE_FULL", "The server has no space left to store this. Nothing was changed.")

// diskFull is PostgreSQL's code for a disk without space.
const diskFull = "53100"

// explained adds ErrFull to an error of a database that has no space.
func explained(err error) error {
	if err == nil || errors.Is(err, ErrFull) || !isFull(err) {
		return err
	}
	return errors.Join(ErrFull, err)
}

func isFull(err error) bool {
	if se := (*sqlite.Error)(nil); errors.As(err, &se) {
		return se.Code()&0xff == sqlite3.SQLITE_FULL
	}
	pe := (*pgconn.PgError)(nil)
	return errors.As(err, &pe) && pe.Code == diskFull
}
