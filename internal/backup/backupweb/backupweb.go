// Package backupweb is the page of a portal's backups: the schedule, how it is doing, and what was made.
package backupweb

import (
	"context"
	"embed"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/backup"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/setting/settingweb"
	"github.com/portico-hq/portico/internal/web"
)

//go:embed *.tmpl
var files embed.FS

type pages struct {
	scheduler *backup.Scheduler
	settings  *setting.Store
	audit     *audit.Service
}

// Register adds the page of the backups.
func Register(shell *web.Shell, s *backup.Scheduler, settings *setting.Store, log *audit.Service) {
	shell.Area("backup", files)
	h := pages{s, settings, log}
	may := web.Needs(access.ChangeSettings)
	shell.Page(settingweb.BackupsURL+"{$}", may, h.page)
	shell.Action(settingweb.BackupsURL+"save", may, h.save)
	shell.Action(settingweb.BackupsURL+"now", may, h.now)
	shell.Command(web.Command{Title: "Backups", URL: settingweb.BackupsURL, Icon: "settings", Keywords: "restore archive", Needs: access.ChangeSettings})
}

// view is what the page shows.
type view struct {
	Every, Keep string // as typed
	Errors      map[string]string
	Status      backup.Status
	MaxEvery    int
	MaxKeep     int
	Rows        []row
}

// row is a backup in the list.
type row struct {
	Name, Size, Why string
	Created         time.Time
}

func (h pages) show(ctx context.Context, v view, status int) (web.Page, error) {
	var err error
	v.Status, err = h.scheduler.Status(ctx)
	v.MaxEvery, v.MaxKeep = backup.MaxEveryHours, backup.MaxKeep
	if v.Errors == nil {
		v.Every, v.Keep = strconv.FormatInt(v.Status.EveryHours, 10), strconv.FormatInt(v.Status.Keep, 10)
	}
	for _, m := range v.Status.Made {
		why := "Schedule"
		if m.Upgrade {
			why = "Before an upgrade"
		}
		v.Rows = append(v.Rows, row{m.Name, fmt.Sprintf("%.1f MB", float64(m.Size)/1e6), why, m.Created})
	}
	return web.Page{
		Title: "Settings", Section: settingweb.Section, Template: "backup/backups", Body: v, Layout: web.Narrow, Status: status,
		Tabs: settingweb.Tabs(settingweb.BackupsURL),
	}, err
}

func (h pages) page(ctx context.Context, _ *web.Request) (web.Page, error) {
	return h.show(ctx, view{}, 0)
}

func (h pages) save(ctx context.Context, r *web.Request) (web.Result, error) {
	v := view{Every: r.FormValue("every"), Keep: r.FormValue("keep")}
	s, err := v.schedule()
	if err == nil {
		err = audit.SaveSetting(ctx, h.audit, h.settings, backup.ScheduleKey, s, changed)
	}
	if v.Errors = web.FieldErrors(err); v.Errors != nil {
		return h.show(ctx, v, http.StatusUnprocessableEntity)
	}
	return web.Redirect{To: settingweb.BackupsURL, Toast: "Schedule saved"}, err
}

// schedule reads the form.
func (v view) schedule() (s backup.Schedule, err error) {
	for _, n := range [...]struct {
		name, text string
		dst        *int64
	}{{"every", v.Every, &s.EveryHours}, {"keep", v.Keep, &s.Keep}} {
		if *n.dst, err = strconv.ParseInt(strings.TrimSpace(n.text), 10, 64); err != nil {
			return s, fault.New(fault.Invalid, "INVALID_SCHEDULE", "Enter a whole number.").At(n.name)
		}
	}
	return s, nil
}

// changed says in words what holds now.
func changed(_, now backup.Schedule) string {
	if now.EveryHours == 0 {
		return "Backups are no longer made by themselves."
	}
	return fmt.Sprintf("A backup is made every %d hours; %d are kept.", now.EveryHours, now.Keep)
}

func (h pages) now(ctx context.Context, _ *web.Request) (web.Result, error) {
	if err := h.audit.Record(ctx, audit.Entry{Type: "BACKUP_ASKED", Module: "backup", Description: "A backup was asked for."}); err != nil {
		return nil, err
	}
	return web.Redirect{To: settingweb.BackupsURL, Toast: "A backup is being made"}, h.scheduler.Ask(ctx)
}
