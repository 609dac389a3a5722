package cli

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/user"
)

// holder is who holds the database: they may do whatever an administrator may.
var holder = user.Ref{Admin: true, Access: access.Everything}

const whichUser = "USER is a number, a login or an e-mail address."

func userRoleCommand() command {
	return command{
		name: "user role", args: "USER", summary: "Shows the roles of a user, gives some and takes others.",
		help: whichUser + " A role is named as on the page of roles; administrator makes an administrator.",
		define: func(fs *flag.FlagSet) runner {
			var give, take list
			fs.Var(&give, "give", "give the `ROLE`; may be given several times")
			fs.Var(&take, "take", "take the `ROLE` away; may be given several times")
			return func(ctx context.Context, e *env, args []string) error { return e.userRole(ctx, args[0], give, take) }
		},
	}
}

// rolesOut is what a user may do as it is printed.
type rolesOut struct {
	ID            int64    `json:"id"`
	Login         string   `json:"login"`
	Administrator bool     `json:"administrator"`
	Roles         []string `json:"roles"`
	Permissions   []string `json:"permissions"`
}

func (e *env) userRole(ctx context.Context, name string, give, take []string) error {
	run := e.inPortal
	if len(give)+len(take) > 0 {
		run = e.changePortal
	}
	return run(ctx, "", func(p *portal.Portal) error {
		u, err := person(ctx, p, name)
		if err != nil {
			return err
		}
		for _, change := range []struct {
			roles []string
			give  bool
		}{{give, true}, {take, false}} {
			for _, role := range change.roles {
				if err := setRole(ctx, p, u.ID, role, change.give); err != nil {
					return err
				}
			}
		}
		return e.printRoles(ctx, p, u.ID)
	})
}

func setRole(ctx context.Context, p *portal.Portal, id int64, name string, give bool) error {
	if strings.EqualFold(name, user.RoleAdministrator) {
		_, err := p.Users.Update(ctx, id, user.Change{Admin: &give})
		return err
	}
	r, err := p.Users.RoleByName(ctx, name)
	if err != nil {
		return err
	}
	return p.Users.GiveRole(ctx, holder, r.ID, id, give)
}

func (e *env) printRoles(ctx context.Context, p *portal.Portal, id int64) error {
	u, err := p.Users.Get(ctx, id)
	if err != nil {
		return err
	}
	held, err := p.Users.RolesOf(ctx, []user.User{u})
	if err != nil {
		return err
	}
	out := rolesOut{ID: u.ID, Login: u.Login, Administrator: u.Admin, Roles: []string{}, Permissions: []string{}}
	for _, h := range held[u.ID] {
		r, err := p.Users.Role(ctx, h.RoleID)
		if err != nil {
			return err
		}
		name := r.Name
		if h.DepartmentID != 0 {
			name += " (by department)"
		}
		out.Roles = append(out.Roles, name)
	}
	set, err := p.Users.AccessOf(ctx, u)
	if err != nil {
		return err
	}
	out.Permissions = append(out.Permissions, set.Names()...)
	return e.print(out, func() {
		roles := out.Roles
		if u.Admin {
			roles = append([]string{"Administrator"}, roles...)
		}
		e.say("%s has the roles: %s\n", u.DisplayName(), or(strings.Join(roles, ", "), "none but Employee"))
		e.facts([2]string{"May", or(strings.Join(out.Permissions, ", "), "nothing beyond what everybody may")})
	})
}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

func userTOTPResetCommand() command {
	return command{
		name: "user totp-reset", args: "USER", summary: "Removes the second factor of a user and ends their sessions.",
		help: whichUser + " They set up another at the next sign-in where the portal asks for one.",
		define: func(*flag.FlagSet) runner {
			return func(ctx context.Context, e *env, args []string) error {
				return e.changeUser(ctx, args[0], "%s has no second factor any more and is signed out everywhere.\n", func(p *portal.Portal, u user.User) (user.User, error) {
					return u, p.SignIn.ResetAny(ctx, u.ID)
				})
			}
		},
	}
}

func userDismissCommand() command {
	return command{
		name: "user dismiss", args: "USER", summary: "Dismisses a user: sessions and tokens end, history keeps the name.",
		help: whichUser + " With --return they are taken back.",
		define: func(fs *flag.FlagSet) runner {
			back := fs.Bool("return", false, "take the user back")
			return func(ctx context.Context, e *env, args []string) error {
				said := "%s was dismissed.\n"
				if *back {
					said = "%s is back.\n"
				}
				return e.changeUser(ctx, args[0], said, func(p *portal.Portal, u user.User) (user.User, error) {
					return p.Users.ChangeAs(ctx, holder, u.ID, user.Change{Active: back})
				})
			}
		},
	}
}

// changeUser changes a user and prints who they are afterwards.
func (e *env) changeUser(ctx context.Context, name, said string, change func(*portal.Portal, user.User) (user.User, error)) error {
	return e.changePortal(ctx, "", func(p *portal.Portal) error {
		u, err := person(ctx, p, name)
		if err != nil {
			return err
		}
		if u, err = change(p, u); err != nil {
			return err
		}
		return e.print(outOf(u), func() { e.say(said, u.DisplayName()) })
	})
}

func userSessionsCommand() command {
	return command{
		name: "user sessions", args: "USER", summary: "Lists the open sessions of a user, or ends them.",
		help: whichUser,
		define: func(fs *flag.FlagSet) runner {
			end := fs.Bool("end", false, "end all of them")
			return func(ctx context.Context, e *env, args []string) error { return e.userSessions(ctx, args[0], *end) }
		},
	}
}

// sessionOut is a session as it is printed.
type sessionOut struct {
	Device  string    `json:"device"`
	Address string    `json:"address"`
	Method  string    `json:"method"`
	Created time.Time `json:"created"`
	Used    time.Time `json:"used"`
	Expires time.Time `json:"expires"`
}

func (e *env) userSessions(ctx context.Context, name string, end bool) error {
	run := e.inPortal
	if end {
		run = e.changePortal
	}
	return run(ctx, "", func(p *portal.Portal) error {
		u, err := person(ctx, p, name)
		if err != nil {
			return err
		}
		if end {
			n, err := p.Users.EndOthers(ctx, u.ID, "")
			if err != nil {
				return err
			}
			return e.print(map[string]int64{"ended": n}, func() { e.say("%d sessions of %s were ended.\n", n, u.DisplayName()) })
		}
		sessions, err := p.Users.Sessions(ctx, u.ID)
		if err != nil {
			return err
		}
		out, rows := []sessionOut{}, [][]string{}
		for _, s := range sessions {
			out = append(out, sessionOut{s.Device(), s.Address, s.Method, s.Created, s.Used, s.Expires})
			rows = append(rows, []string{s.Device(), s.Address, s.Method, day(s.Created), day(s.Used), day(s.Expires)})
		}
		return e.print(out, func() {
			e.table(u.DisplayName()+" is signed in nowhere.", []string{"DEVICE", "ADDRESS", "METHOD", "SINCE", "USED", "UNTIL"}, rows)
		})
	})
}

func userImportCommand() command {
	return command{
		name: "user import", args: "FILE", summary: "Invites the people of a CSV file and prints their links.",
		help: `FILE has a person a line: e-mail address, first name, last name, position, separated by commas, semicolons or tabs; a
first line may name the columns email, first_name, last_name and position. - reads the standard input. All are invited, or nobody.`,
		define: func(fs *flag.FlagSet) runner {
			role := fs.String("role", "", "give all of them the `ROLE`")
			address := urlFlag(fs)
			return func(ctx context.Context, e *env, args []string) error {
				return e.userImport(ctx, args[0], *role, *address)
			}
		},
	}
}

// maxImport is how many bytes of a file are read.
const maxImport = 4 << 20

// importedOut is somebody who was invited as it is printed.
type importedOut struct {
	ID    int64  `json:"id"`
	Email string `json:"email"`
	URL   string `json:"url"`
}

var errEmptyList = errors.New("there is nobody in the list")

func (e *env) userImport(ctx context.Context, file, role, address string) error {
	text, err := e.readList(file)
	if err != nil {
		return err
	}
	listed, wrong := user.ParsePeople(text)
	if len(wrong) > 0 {
		return errors.New(strings.Join(wrong, "\n"))
	}
	if len(listed) == 0 {
		return errEmptyList
	}
	people := make([]user.NewUser, len(listed))
	for i, l := range listed {
		people[i] = l.User
	}
	return e.changePortal(ctx, address, func(p *portal.Portal) error {
		var roleID int64
		if role != "" {
			r, err := p.Users.RoleByName(ctx, role)
			if err != nil {
				return err
			}
			roleID = r.ID
		}
		made, err := p.Users.Invite(ctx, holder, people, roleID)
		if faults := user.InviteFaults(nil); errors.As(err, &faults) {
			var lines []string
			for i, l := range listed {
				if f := faults[i]; f != nil {
					lines = append(lines, "Line "+strconv.Itoa(l.Line)+" ("+l.User.Email+"): "+f.Text)
				}
			}
			return errors.New(strings.Join(lines, "\n"))
		}
		if err != nil {
			return err
		}
		out, rows := []importedOut{}, [][]string{}
		for _, m := range made {
			url := p.PublicURL("/join/" + m.Token)
			out = append(out, importedOut{m.User.ID, m.User.Email, url})
			rows = append(rows, []string{m.User.Email, url})
		}
		return e.print(out, func() {
			e.table("", []string{"PERSON", "LINK (shown only now, works once, for 7 days)"}, rows)
		})
	})
}

// readList returns the text of a file, or of the standard input.
func (e *env) readList(file string) (string, error) {
	in := io.Reader(bufio.NewReader(e.stdin))
	if file != "-" {
		f, err := os.Open(file) //nolint:gosec // what the operator names
		if err != nil {
			return "", err
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, maxImport+1))
	if err == nil && len(raw) > maxImport {
		err = errors.New("the list is larger than 4 MB")
	}
	return string(raw), err
}
