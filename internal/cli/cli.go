// Package cli is the command line: the server, and the commands that look after portals beside it.
//
// Every command prints for people, or with --json one JSON object or array for programs. A command that fails prints why on
// the error output and ends with 1; one that is called wrongly ends with 2.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/fault"
)

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// command is one thing that the program can do.
type command struct {
	name    string // e.g. "app add"
	args    string // what follows the flags, e.g. "HOST"; empty for nothing
	summary string // in a line
	help    string // further paragraphs; may be empty
	// define adds the command's flags and returns what runs once they are parsed.
	define func(fs *flag.FlagSet) runner
}

// runner does what a command is for. args are what followed the flags.
type runner func(ctx context.Context, e *env, args []string) error

// commands returns all commands in the order of the help.
func commands() []command {
	return []command{
		serveCommand(),
		portalAddCommand(), portalListCommand(), portalForkCommand(), portalResetCommand(),
		userAddCommand(), userImportCommand(), userListCommand(), userPasswordCommand(), userRoleCommand(), userSessionsCommand(),
		userTOTPResetCommand(), userDismissCommand(),
		appAddCommand(), appListCommand(), appShowCommand(), appUpdateCommand(), appInstallCommand(), appRotateSecretCommand(),
		appRevokeCommand(), appUninstallCommand(),
		webhookAddCommand(), webhookListCommand(), webhookDisableCommand(), webhookEnableCommand(), webhookRemoveCommand(),
		outboundAddCommand(), outboundListCommand(), outboundPauseCommand(), outboundResumeCommand(), outboundRemoveCommand(),
		deliveryListCommand(), deliveryRetryCommand(), deliverySettingsCommand(),
		botTestCommand(),
		backupCommand(), backupVerifyCommand(), restoreCommand(), upgradeCommand(),
		snapshotSaveCommand(), snapshotLoadCommand(), snapshotListCommand(), snapshotDeleteCommand(),
		settingListCommand(), settingGetCommand(), settingSetCommand(),
		methodsCommand(), caCommand(), versionCommand(),
	}
}

// env is what a command works with.
type env struct {
	options
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	clock  clock.Clock
}

// usageError is a mistake in how the program was called.
type usageError struct {
	text    string
	command *command // whose help to point to; nil for the program's
}

func (u *usageError) Error() string { return u.text }

// misuse returns a usageError.
func misuse(format string, args ...any) error { return &usageError{text: fmt.Sprintf(format, args...)} }

// Main runs the program with args, without its name, and returns its exit code.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	e := &env{stdin: stdin, stdout: stdout, stderr: stderr, clock: clock.System{}}
	return e.exit(e.run(ctx, args), slices.Contains(args, "--json") || slices.Contains(args, "-json"))
}

// run finds the command and runs it.
func (e *env) run(ctx context.Context, args []string) error {
	if words, asked := helpAsked(args); asked {
		return e.help(words)
	}
	c, rest, err := find(args)
	if err != nil {
		return err
	}
	fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	e.define(fs)
	run := c.define(fs)
	words, err := parse(fs, rest)
	if errors.Is(err, flag.ErrHelp) {
		return e.help(strings.Fields(c.name))
	}
	if err == nil {
		err = c.checkArgs(words)
	}
	if err == nil {
		err = run(audit.WithSource(ctx, audit.Source{Addr: "cli", URI: c.name}), e, words)
	}
	if u := (*usageError)(nil); errors.As(err, &u) && u.command == nil {
		u.command = c
	}
	return err
}

// find returns the command that args begin with, the longest name first, and what follows it.
func find(args []string) (*command, []string, error) {
	var found *command
	for _, c := range commands() {
		words := strings.Fields(c.name)
		if len(args) >= len(words) && slices.Equal(args[:len(words)], words) && (found == nil || len(c.name) > len(found.name)) {
			found = &c
		}
	}
	switch {
	case found != nil:
		return found, args[len(strings.Fields(found.name)):], nil
	case len(args) > 1 && isGroup(args[0]) && !strings.HasPrefix(args[1], "-"):
		return nil, nil, misuse("there is no command %q", args[0]+" "+args[1])
	case isGroup(args[0]):
		return nil, nil, misuse("%q needs one of: %s", args[0], strings.Join(membersOf(args[0]), ", "))
	}
	return nil, nil, misuse("there is no command %q", args[0])
}

// parse reads the flags, which may stand before, between and behind the other words, and returns those.
func parse(fs *flag.FlagSet, args []string) ([]string, error) {
	var words []string
	for {
		if err := fs.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, misuse("%s", strings.Replace(err.Error(), ": -", ": --", 1))
		}
		if fs.NArg() == 0 {
			return words, nil
		}
		if read := len(args) - fs.NArg(); read > 0 && args[read-1] == "--" {
			return append(words, fs.Args()...), nil
		}
		words, args = append(words, fs.Arg(0)), fs.Args()[1:]
	}
}

// checkArgs reports whether as many words were given as the command takes.
func (c *command) checkArgs(words []string) error {
	want := len(strings.Fields(c.args))
	switch {
	case len(words) < want:
		return misuse("%s is missing", strings.Fields(c.args)[len(words)])
	case len(words) > want:
		return misuse("%q is too much", words[want])
	}
	return nil
}

// exit prints err, if any, and returns the exit code.
func (e *env) exit(err error, asJSON bool) int {
	if err == nil {
		return exitOK
	}
	u, isUsage := (*usageError)(nil), false
	isUsage = errors.As(err, &u)
	text, code := explain(err)
	switch {
	case asJSON:
		_ = json.NewEncoder(e.stderr).Encode(struct {
			Error string `json:"error"`
			Code  string `json:"code,omitempty"`
		}{text, code})
	case isUsage && u.command != nil:
		fmt.Fprintf(e.stderr, "portico %s: %s\nRun 'portico %[1]s --help' to see how it is used.\n", u.command.name, text)
	case isUsage:
		fmt.Fprintf(e.stderr, "portico: %s\nRun 'portico help' to see what there is.\n", text)
	default:
		fmt.Fprintf(e.stderr, "portico: %s\n", text)
	}
	if isUsage {
		return exitUsage
	}
	return exitFailed
}

// explain returns the text for err and, where it is a fault, its code. Who runs the program may see every cause.
func explain(err error) (text, code string) {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return err.Error(), ""
	}
	if f.Field != "" && f.Kind == fault.Invalid {
		return f.Field + ": " + f.Text, f.Code
	}
	return f.Text, f.Code
}
