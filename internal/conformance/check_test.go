package conformance_test

import (
	"context"
	"slices"
	"testing"

	"github.com/portico-hq/portico/internal/conformance"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

type anything struct {
	Tree phpform.Value `b24:"*"`
}

func method(name string, options ...rest.Option) *rest.Method {
	m := rest.M(name, rest.Basic, rest.Everyone, "A test.", func(context.Context, *rest.Call, anything) (bool, error) { return true, nil }, options...)
	return &m
}

func TestCheckTellsOfWhatDepartsFromThePage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method *rest.Method
		kind   rest.AuthKind
		params string
		want   []string
	}{
		{method("im.message.add"), rest.ByToken, `{"DIALOG_ID":"1","message":"x","auth":"secret","bx24_request_id":"7"}`, nil},
		{method("im.message.add"), rest.ByToken, `{"DIALOGID":"1","MESAGE":"x","SOMETHING":1}`, []string{
			"There is no parameter DIALOGID. Is DIALOG_ID meant?", "There is no parameter MESAGE. Is MESSAGE meant?", "There is no parameter SOMETHING.",
		}},
		{method("im.message.add", rest.Reads("TEMPLATE_ID")), rest.ByToken, `{"TEMPLATE_ID":"1"}`, nil},
		{method("imbot.register"), rest.ByToken, `{"CODE":"x","PROPERTIES":{"NAME":"x","COLOUR":"RED"}}`, []string{
			"The documentation advises against this method.", "There is no parameter PROPERTIES.COLOUR. Is PROPERTIES.COLOR meant?",
		}},
		{method("user.get"), rest.ByToken, `{"FILTER":{"!ANYTHING":1}}`, nil},
		{method("event.bind"), rest.ByWebhook, `{"event":"x","handler":"y"}`, []string{"The documentation keeps this method from callers of this kind."}},
		{method("there.is.no.page"), rest.ByToken, `{"x":1}`, nil},
	} {
		params, err := phpform.ParseJSON([]byte(c.params), phpform.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, w := range conformance.Check(c.method, c.kind, params) {
			got = append(got, w.Text())
			if w.Page == "" {
				t.Errorf("%s: %+v names no page", c.method.Name, w)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s %s: %q, want %q", c.method.Name, c.params, got, c.want)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	params, err := phpform.ParseJSON([]byte(`{"DIALOG_ID":"1","MESAGE":"x"}`), phpform.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	m := method("im.message.add")
	for b.Loop() {
		conformance.Check(m, rest.ByToken, params)
	}
}

func FuzzCheck(f *testing.F) {
	f.Add(`{"DIALOG_ID":{"x":[1]},"MESSAGE":null}`)
	f.Add(`{"PROPERTIES":{"NAME":{"":{"":1}}}}`)
	m := method("imbot.register")
	f.Fuzz(func(_ *testing.T, text string) {
		if params, err := phpform.ParseJSON([]byte(text), phpform.Limits{}); err == nil {
			conformance.Check(m, rest.ByWebhook, params)
		}
	})
}
