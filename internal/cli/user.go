package cli

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/user"
)

// adminLogin is the login of the administrator that a new portal gets.
const adminLogin = "admin"

// firstAdmin is the administrator that a new portal gets.
func firstAdmin(password string) user.NewUser {
	return user.NewUser{Login: adminLogin, FirstName: "Administrator", Admin: true, Password: password}
}

// newPassword returns a password of about 59 bits that is easy to read and to type: no letters that look like digits.
func newPassword() string {
	const letters = "abcdefghjkmnpqrstuvwxyz23456789" // 31 of them
	var out []byte
	for b := make([]byte, 1); len(out) < 14; {
		_, _ = rand.Read(b) // never fails
		switch {
		case b[0] >= 248: // 8 × 31: all letters are equally likely
		case len(out) == 4 || len(out) == 9:
			out = append(out, '-', letters[b[0]%31])
		default:
			out = append(out, letters[b[0]%31])
		}
	}
	return string(out)
}

// userOut is a user as it is printed.
type userOut struct {
	ID        int64      `json:"id"`
	Login     string     `json:"login"`
	Email     string     `json:"email"`
	Name      string     `json:"name"`
	Kind      user.Kind  `json:"kind"`
	Admin     bool       `json:"admin"`
	Active    bool       `json:"active"`
	LastLogin *time.Time `json:"last_login"`
	Password  string     `json:"password,omitempty"`
}

func outOf(u user.User) userOut {
	return userOut{u.ID, u.Login, u.Email, u.DisplayName(), u.Kind, u.Admin, u.Active, stamp(u.LastLogin), ""}
}

func userAddCommand() command {
	return command{
		name: "user add", summary: "Makes a user and prints the sign-in.",
		define: func(fs *flag.FlagSet) runner {
			var n user.NewUser
			fs.StringVar(&n.Email, "email", "", "the e-mail `ADDRESS`")
			fs.StringVar(&n.Login, "login", "", "the `NAME` to sign in with (the e-mail address)")
			fs.StringVar(&n.FirstName, "first-name", "", "the first `NAME`")
			fs.StringVar(&n.LastName, "last-name", "", "the last `NAME`")
			fs.StringVar(&n.Position, "position", "", "the job `TITLE`")
			fs.BoolVar(&n.Admin, "admin", false, "make an administrator")
			password := passwordFlag(fs)
			return func(ctx context.Context, e *env, _ []string) error { return e.userAdd(ctx, n, *password) }
		},
	}
}

func passwordFlag(fs *flag.FlagSet) *string {
	return fs.String("password", "", "the `PASSWORD`; - reads it from the standard input (a new one that is printed)")
}

func (e *env) userAdd(ctx context.Context, n user.NewUser, given string) error {
	if n.Email == "" && n.Login == "" {
		return misuse("--email or --login is missing")
	}
	var err error
	if n.Password, err = e.password(given); err != nil {
		return err
	}
	return e.changePortal(ctx, "", func(p *portal.Portal) error {
		u, err := p.CreateUser(ctx, n)
		if err != nil {
			return err
		}
		out := outOf(u)
		if given == "" {
			out.Password = n.Password
		}
		return e.print(out, func() {
			e.say("The user %s was made.\n", out.Name)
			e.facts([2]string{"Number", strconv.FormatInt(out.ID, 10)}, [2]string{"Sign in as", out.Login},
				[2]string{"Password", shownOnce(out.Password)})
		})
	})
}

func shownOnce(password string) string {
	if password == "" {
		return ""
	}
	return password + "   (shown only now)"
}

// password returns the password that was given, or a new one.
func (e *env) password(given string) (string, error) {
	switch given {
	case "":
		return newPassword(), nil
	case "-":
		line, err := bufio.NewReader(e.stdin).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	return given, nil
}

func userListCommand() command {
	return command{
		name: "user list", summary: "Lists the people of a portal.",
		define: func(fs *flag.FlagSet) runner {
			bots := fs.Bool("bots", false, "list bots too")
			return func(ctx context.Context, e *env, _ []string) error { return e.userList(ctx, *bots) }
		},
	}
}

func (e *env) userList(ctx context.Context, bots bool) error {
	kinds := []user.Kind{user.Employee, user.Extranet}
	if bots {
		kinds = append(kinds, user.Bot)
	}
	return e.inPortal(ctx, "", func(p *portal.Portal) error {
		users, err := p.Users.List(ctx, user.Query{Kinds: kinds})
		if err != nil {
			return err
		}
		out, rows := []userOut{}, [][]string{}
		for _, u := range users {
			out = append(out, outOf(u))
			rows = append(rows, []string{
				strconv.FormatInt(u.ID, 10), u.Login, u.DisplayName(), string(u.Kind), yes(u.Admin), yes(u.Active), day(u.LastLogin),
			})
		}
		return e.print(out, func() {
			e.table("There is nobody.", []string{"NUMBER", "LOGIN", "NAME", "KIND", "ADMIN", "ACTIVE", "LAST SIGN-IN"}, rows)
		})
	})
}

func userPasswordCommand() command {
	return command{
		name: "user password", args: "USER", summary: "Gives a user a new password and ends their sessions.",
		help: "USER is a number, a login or an e-mail address.",
		define: func(fs *flag.FlagSet) runner {
			password := passwordFlag(fs)
			return func(ctx context.Context, e *env, args []string) error { return e.userPassword(ctx, args[0], *password) }
		},
	}
}

func (e *env) userPassword(ctx context.Context, name, given string) error {
	password, err := e.password(given)
	if err != nil {
		return err
	}
	return e.changePortal(ctx, "", func(p *portal.Portal) error {
		u, err := person(ctx, p, name)
		if err != nil {
			return err
		}
		if err := p.Users.SetPassword(ctx, u.ID, password); err != nil {
			return err
		}
		out := outOf(u)
		if given == "" {
			out.Password = password
		}
		return e.print(out, func() {
			e.say("%s has a new password and is signed out everywhere.\n", out.Name)
			e.facts([2]string{"Sign in as", out.Login}, [2]string{"Password", shownOnce(out.Password)})
		})
	})
}
