package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/setting"
)

// settingOut is a setting as it is printed.
type settingOut struct {
	Name    string          `json:"name"`
	Summary string          `json:"summary"`
	Value   json.RawMessage `json:"value"`
}

func settingListCommand() command {
	return command{
		name: "setting list", summary: "Lists the settings of a portal.",
		define: func(*flag.FlagSet) runner {
			return func(ctx context.Context, e *env, _ []string) error { return e.settingList(ctx) }
		},
	}
}

func (e *env) settingList(ctx context.Context) error {
	return e.inPortal(ctx, "", func(p *portal.Portal) error {
		out, rows := []settingOut{}, [][]string{}
		for _, d := range portal.Documents() {
			value, err := d.JSON(ctx, p.Settings)
			if err != nil {
				return err
			}
			out = append(out, settingOut{d.Name, d.Summary, value})
			rows = append(rows, []string{d.Name, string(value), d.Summary})
		}
		return e.print(out, func() { e.table("There are no settings.", []string{"SETTING", "VALUE", "WHAT IT DECIDES"}, rows) })
	})
}

func settingGetCommand() command {
	return command{
		name: "setting get", args: "SETTING", summary: "Prints a setting as JSON.",
		define: func(*flag.FlagSet) runner {
			return func(ctx context.Context, e *env, args []string) error { return e.settingGet(ctx, args[0]) }
		},
	}
}

func (e *env) settingGet(ctx context.Context, name string) error {
	d, err := settingNamed(name)
	if err != nil {
		return err
	}
	return e.inPortal(ctx, "", func(p *portal.Portal) error { return e.printSetting(ctx, p, d) })
}

func (e *env) printSetting(ctx context.Context, p *portal.Portal, d setting.Document) error {
	value, err := d.JSON(ctx, p.Settings)
	if err != nil {
		return err
	}
	return e.print(value, func() {
		var b bytes.Buffer
		_ = json.Indent(&b, value, "", "  ") // it was just made
		e.say("%s\n", b.String())
	})
}

func settingSetCommand() command {
	return command{
		name: "setting set", args: "SETTING JSON", summary: "Changes a setting; a running server follows at once.",
		help: `JSON is an object with the fields that change; the others stay as they are.

  portico setting set portal.api '{"burst": 50, "per_second": 2}'`,
		define: func(*flag.FlagSet) runner {
			return func(ctx context.Context, e *env, args []string) error { return e.settingSet(ctx, args[0], args[1]) }
		},
	}
}

func (e *env) settingSet(ctx context.Context, name, value string) error {
	d, err := settingNamed(name)
	if err != nil {
		return err
	}
	return e.changePortal(ctx, "", func(p *portal.Portal) error {
		if err := p.ChangeSetting(ctx, d, []byte(value)); err != nil {
			return err
		}
		return e.printSetting(ctx, p, d)
	})
}

func settingNamed(name string) (setting.Document, error) {
	for _, d := range portal.Documents() {
		if d.Name == name {
			return d, nil
		}
	}
	return setting.Document{}, fault.Newf(fault.NotFound, "NO_SETTING", "There is no setting %q: 'portico setting list' shows all.", name)
}
