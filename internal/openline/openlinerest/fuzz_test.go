package openlinerest

import (
	"testing"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/phpform"
)

// FuzzSettings reads whatever a client sends as the settings of a line, and as what a list should hold.
func FuzzSettings(f *testing.F) {
	for _, s := range []string{
		`{"LINE_NAME":"x","QUEUE":[{"ENTITY_TYPE":"user","ENTITY_ID":"1"},5],"WORKTIME_DAYOFF":["SA"],"DEFAULT_OPERATOR_DATA":{"NAME":"n","AVATAR_ID":1}}`,
		`{"select":{"A":"ID","0":"*"},"order":{"ID":"asc"},"filter":{"!@ID":[1],"%LINE_NAME":"a"},"limit":"5","offset":0}`,
		`{"QUEUE_USERS_FIELDS":{"5":{"USER_NAME":["x"]}},"QUEUE":{"a":{"b":{}}}}`, `[[]]`, `"text"`, `null`, `{"QUEUE":[{"ENTITY_ID":[1]}]}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tree, err := phpform.ParseJSON([]byte(text), phpform.Limits{})
		if err != nil {
			return
		}
		l := line.Line{Settings: line.Defaults("x")}
		if err := fill(&l, tree); err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("settings: %v", err)
		}
		asked, err := readList(listLines{Params: tree, Options: tree})
		if err != nil && fault.Of(err).Code != "INVALID_FORMAT" {
			t.Errorf("list: %v", err)
		}
		if err == nil && (asked.query.Limit < 1 || asked.query.Limit > maxLimit || asked.query.Offset < 0 || len(asked.columns) == 0) {
			t.Errorf("list of %+v", asked.query)
		}
	})
}
