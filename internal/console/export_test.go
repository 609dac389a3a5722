package console

import (
	"testing"

	"github.com/portico-hq/portico/internal/db"
)

// Index indexes what waits, whatever else there is to do.
func (s *Service) Index(t testing.TB) {
	t.Helper()
	if s.db.Dialect() == db.Postgres {
		return
	}
	for {
		n, err := s.indexStep(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}
