package user_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/user"
)

func TestAListOfPeopleIsReadInEveryUsualForm(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                                      "",
		"anna@example.com\n\nben@example.com\n": "1 anna@example.com|||; 3 ben@example.com|||; ",
		"\ufeffE-Mail;Surname;Name;Phone\nanna@example.com;Berg;Anna;12\n":             "2 anna@example.com|Anna|Berg|; ",
		"anna@example.com, Anna, \"Berg, Dr.\", Head\r\n":                              "1 anna@example.com|Anna|Berg, Dr.|Head; ",
		"anna@example.com\tAnna\tBerg":                                                 "1 anna@example.com|Anna|Berg|; ",
		"a@example.com,A,B,C,D\n, Anna\nc@example.com":                                 "3 c@example.com|||; Line 1: there are more columns than expected.; Line 2: the e-mail address is missing.; ",
		"number,login,email_address,first_name\n1,anna@example.com,a@example.com,Anna": "2 a@example.com|Anna||; ",
	} {
		people, wrong := user.ParsePeople(in)
		var got strings.Builder
		for _, p := range people {
			fmt.Fprintf(&got, "%d %s|%s|%s|%s; ", p.Line, p.User.Email, p.User.FirstName, p.User.LastName, p.User.Position)
		}
		for _, w := range wrong {
			got.WriteString(w + "; ")
		}
		if got.String() != want {
			t.Errorf("%q is read as %q, want %q", in, got.String(), want)
		}
	}
}

func FuzzParsePeople(f *testing.F) {
	for _, s := range []string{"a@b.c,d", "email;name\nx;y", "\"", "\ufeff\t\t\n", "a\x00b", "\"a\nb\",c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		people, _ := user.ParsePeople(text)
		for _, p := range people {
			if p.User.Email == "" || p.Line < 1 {
				t.Errorf("%+v of %q", p, text)
			}
		}
	})
}
