package rest_test

import (
	"slices"
	"testing"

	"github.com/portico-hq/portico/internal/rest"
)

func TestDeprecatedScopesOpenWhatTookTheirPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		scopes []string
		scope  string
		want   bool
	}{
		{[]string{"tasks_extended"}, "task", true},
		{[]string{"tasksmobile", "im"}, "task", true},
		{[]string{"sonet"}, "sonet_group", true},
		{[]string{"sonet"}, "task", false},
		{[]string{"task"}, "tasks_extended", false},
		{nil, rest.Basic, true},
		{[]string{"*"}, "anything", true},
	} {
		p := rest.Principal{Scopes: c.scopes}
		if got := p.Has(c.scope); got != c.want {
			t.Errorf("%v opens %s: %v, want %v", c.scopes, c.scope, got, c.want)
		}
	}
	if got, want := rest.CurrentScopes([]string{"tasks_extended", "im"}), []string{"tasks_extended", "im", "task"}; !slices.Equal(got, want) {
		t.Errorf("current scopes %v, want %v", got, want)
	}
}
