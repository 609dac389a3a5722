package userfield_test

import (
	"testing"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/userfield"
)

// TestLimitsOfValues stores settings and tries values in fields that have them.
func TestLimitsOfValues(t *testing.T) {
	t.Parallel()
	s := userfield.New(userfield.Config{DB: dbtest.SQLite(t, userfield.Schema()), Clock: clock.NewManual(noon)})
	add := func(kind userfield.Type, settings string) (userfield.Field, error) {
		var v phpform.Value
		if err := v.UnmarshalJSON([]byte(settings)); err != nil {
			t.Fatal(err)
		}
		id, err := s.Add(t.Context(), userfield.Field{Entity: "USER", Name: "UF_X", Type: kind, Settings: v}, 0)
		if err != nil {
			return userfield.Field{}, err
		}
		f, err := s.Get(t.Context(), "USER", id)
		if err == nil {
			err = s.Delete(t.Context(), "USER", id)
		}
		return f, err
	}
	for _, c := range []struct {
		kind            userfield.Type
		given, kept     string
		takes, refuses  []string
		refusal, filter string
	}{
		{
			userfield.String, `{"DEFAULT_VALUE":"ab"}`, `{"SIZE":20,"ROWS":1,"REGEXP":"","MIN_LENGTH":0,"MAX_LENGTH":0,"DEFAULT_VALUE":"ab"}`,
			[]string{"", "x", "a long text"},
			nil, "", "x",
		},
		{
			userfield.String, `{"MIN_LENGTH":"2","MAX_LENGTH":3,"size":"40"}`, `{"SIZE":40,"ROWS":1,"REGEXP":"","MIN_LENGTH":2,"MAX_LENGTH":3,"DEFAULT_VALUE":""}`,
			[]string{"", "äö", "abc"},
			[]string{"ä"},
			"UF_X: write at least 2 characters.", "a",
		},
		{
			userfield.String, `{"MAX_LENGTH":3}`, `{"SIZE":20,"ROWS":1,"REGEXP":"","MIN_LENGTH":0,"MAX_LENGTH":3,"DEFAULT_VALUE":""}`,
			[]string{"abc"},
			[]string{"abcd"},
			"UF_X: write at most 3 characters.", "abcdef",
		},
		{
			userfield.String, `{"REGEXP":"/^[a-z]{2}\\/\\d+$/iu","DEFAULT_VALUE":"DE/7"}`, `{"SIZE":20,"ROWS":1,"REGEXP":"/^[a-z]{2}\\/\\d+$/iu","MIN_LENGTH":0,"MAX_LENGTH":0,"DEFAULT_VALUE":"DE/7"}`,
			[]string{"", "fr/12"},
			[]string{"x", "fr/"},
			"UF_X: this is not of the form that the field asks for.", "d",
		},
		{
			userfield.Integer, `{"MIN_VALUE":-2,"MAX_VALUE":"5"}`, `{"SIZE":20,"MIN_VALUE":-2,"MAX_VALUE":5,"DEFAULT_VALUE":""}`,
			[]string{"-2", "0", "5"},
			[]string{"-3"},
			"UF_X: the least is -2.", "9",
		},
		{
			userfield.Double, `{"PRECISION":1,"MAX_VALUE":2.5,"DEFAULT_VALUE":"1.26"}`, `{"PRECISION":1,"SIZE":20,"MIN_VALUE":0,"MAX_VALUE":2.5,"DEFAULT_VALUE":"1.3"}`,
			[]string{"2.5", "-9"},
			[]string{"2.6"},
			"UF_X: the greatest is 2.5.", "7",
		},
	} {
		f, err := add(c.kind, c.given)
		if err != nil {
			t.Errorf("%s %s: %v", c.kind, c.given, err)
			continue
		}
		if got := string(phpform.AppendJSON(nil, f.Settings)); got != c.kept {
			t.Errorf("%s %s: kept %s, want %s", c.kind, c.given, got, c.kept)
		}
		for _, v := range c.takes {
			if _, err := f.Clean([]string{v}); err != nil {
				t.Errorf("%s %q: %v", c.given, v, err)
			}
		}
		for _, v := range c.refuses {
			if _, err := f.Clean([]string{v}); err == nil || fault.Of(err).Text != c.refusal {
				t.Errorf("%s %q: %v, want %s", c.given, v, err, c.refusal)
			}
		}
		if sql, args := f.SQL("u.id", userfield.Condition{Values: []string{c.filter}}); len(args) == 0 { // what is looked for has no limits
			t.Errorf("%s: a filter by %q is %s with %v", c.given, c.filter, sql, args)
		}
	}
	for settings, want := range map[string]string{
		`{"REGEXP":"/(/"}`:                            "SETTINGS: REGEXP must be a regular expression such as /^[A-Z]+$/i, without look-around and back references",
		`{"REGEXP":"/a(?=b)/"}`:                       "SETTINGS: REGEXP must be a regular expression such as /^[A-Z]+$/i, without look-around and back references",
		`{"MIN_LENGTH":-1}`:                           "SETTINGS: MIN_LENGTH must be a whole number from 0 to 64000",
		`{"MAX_LENGTH":1,"DEFAULT_VALUE":"too long"}`: "SETTINGS: DEFAULT_VALUE must be a value that the field takes",
		`{"SIZE":0}`:                                  "SETTINGS: SIZE must be a whole number from 1 to 255",
	} {
		if _, err := add(userfield.String, settings); err == nil || fault.Of(err).Text != want {
			t.Errorf("%s: %v, want %s", settings, err, want)
		}
	}
	for settings, want := range map[string]string{
		`{"MIN_VALUE":"low"}`:                 "SETTINGS: MIN_VALUE must be a value of the type integer",
		`{"MAX_VALUE":3,"DEFAULT_VALUE":"4"}`: "SETTINGS: DEFAULT_VALUE must be a value that the field takes",
	} {
		if _, err := add(userfield.Integer, settings); err == nil || fault.Of(err).Text != want {
			t.Errorf("%s: %v, want %s", settings, err, want)
		}
	}
}
