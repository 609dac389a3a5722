package cli

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/portico-hq/portico/internal/bot/dialogue"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/server"
	"github.com/portico-hq/portico/internal/user"
)

// wakeEvery is how often a server that has closed the portal is told that there is something to deliver.
const wakeEvery = time.Second

var errDialogueFailed = fault.New(fault.Conflict, "DIALOGUE_FAILED", "The bot answered otherwise than the dialogue expects.")

func botTestCommand() command {
	return command{
		name: "bot test", args: "HOST FILE", summary: "Plays a dialogue with a chat bot and compares its answers.",
		help: `The dialogue is a JSON file: the playground of a bot (Applications, Console, Bots) makes and exports it. The server of the portal
has to run, because it delivers to the bot. Ends with 0 when the bot answered as expected, else with 1 and the differences.

  portico bot test portal.example.com greets.json`,
		define: func(fs *flag.FlagSet) runner {
			as := fs.String("as", "", "the `USER` who talks to the bot where the file names nobody (the first administrator)")
			return func(ctx context.Context, e *env, args []string) error { return e.botTest(ctx, args[0], args[1], *as) }
		},
	}
}

func (e *env) botTest(ctx context.Context, host, file, as string) error {
	script, err := e.dialogue(file)
	if err != nil {
		return err
	}
	e.portal = host
	return e.withPortal(ctx, "", func(d *server.Directory, entry server.Entry, p *portal.Portal) error {
		name := script.As
		if name == "" {
			name = as
		}
		u, err := person(ctx, p, name)
		if err != nil {
			return err
		}
		script.As = ""
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		go func() {
			for ctx.Err() == nil {
				_ = d.Wake(ctx, entry.ID) // without it the answers are missing, and the report says why
				timer := e.clock.NewTimer(wakeEvery)
				select {
				case <-ctx.Done():
					timer.Stop()
				case <-timer.C():
				}
			}
		}()
		r, err := p.Play.Run(ctx, user.Ref{ID: u.ID, Admin: true}, script)
		if err != nil {
			return err
		}
		if err := e.print(r, func() { fmt.Fprint(e.stdout, r.Text()) }); err != nil {
			return err
		}
		if !r.Passed {
			return errDialogueFailed
		}
		return nil
	})
}

// dialogue reads a script; "-" is the standard input.
func (e *env) dialogue(file string) (dialogue.Script, error) {
	in := e.stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return dialogue.Script{}, fault.New(fault.NotFound, "NO_FILE", "The file cannot be read: "+err.Error())
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, dialogue.MaxBytes+1))
	if err != nil {
		return dialogue.Script{}, fmt.Errorf("read %s: %w", file, err)
	}
	script, err := dialogue.Parse(raw)
	if err != nil {
		return dialogue.Script{}, fault.New(fault.Invalid, "DIALOGUE", file+": "+err.Error())
	}
	return script, nil
}
