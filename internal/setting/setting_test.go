package setting_test

import (
	"errors"
	"testing"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/setting"
)

type doc struct {
	Name  string
	Limit int64
}

var errTooMany = errors.New("too many")

var key = setting.Key[doc]{Name: "test.doc", Default: doc{Name: "none", Limit: 5}, Check: func(d doc) error {
	if d.Limit > 10 {
		return errTooMany
	}
	return nil
}}

var schemas = []db.Schema{setting.Schema()}

func TestADocumentHasItsDefaultUntilItIsStored(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		s := setting.New(d, clock.System{})
		changes := 0
		s.OnChange(func() { changes++ })
		want(t, s, key.Default)
		if err := setting.Save(t.Context(), s, key, doc{Name: "x", Limit: 11}); !errors.Is(err, errTooMany) {
			t.Errorf("a document that fails its check: %v", err)
		}
		want(t, s, key.Default)
		if err := setting.Save(t.Context(), s, key, doc{Name: "x", Limit: 7}); err != nil {
			t.Fatal(err)
		}
		want(t, s, doc{Name: "x", Limit: 7})
		if changes != 1 {
			t.Errorf("%d changes were told, want 1", changes)
		}
	})
}

func TestAFieldThatADocumentLacksHasItsDefault(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		s := setting.New(d, clock.System{})
		old := setting.Key[struct{ Name string }]{Name: key.Name}
		if err := setting.Save(t.Context(), s, old, struct{ Name string }{"old"}); err != nil {
			t.Fatal(err)
		}
		want(t, s, doc{Name: "old", Limit: 5})
	})
}

func TestAChangeOfAnotherProcessIsNoticed(t *testing.T) {
	t.Parallel()
	dbtest.RunPair(t, schemas, func(t *testing.T, here, there *db.DB) {
		s := setting.New(here, clock.System{})
		want(t, s, key.Default)
		noticed := make(chan struct{}, 1)
		s.OnChange(func() {
			select {
			case noticed <- struct{}{}:
			default:
			}
		})
		if err := setting.Save(t.Context(), setting.New(there, clock.System{}), key, doc{Name: "there", Limit: 1}); err != nil {
			t.Fatal(err)
		}
		<-noticed
		want(t, s, doc{Name: "there", Limit: 1})
	})
}

func want(t *testing.T, s *setting.Store, w doc) {
	t.Helper()
	got, err := setting.Load(t.Context(), s, key)
	if err != nil || got != w {
		t.Errorf("the document is %+v, %v; want %+v", got, err, w)
	}
}
