package app

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/user"
)

// Created is a new application with what is shown once.
type Created struct {
	App
	ClientSecret string
}

// Create adds an application for actor, who must be an administrator, and installs it where no page has to do that.
// Faults: ACCESS_DENIED, INVALID_FIELD at the first field that cannot be taken.
func (s *Service) Create(ctx context.Context, actor user.Ref, f Form) (Created, error) {
	if !actor.May(access.ManageApps) {
		return Created{}, ErrAdminOnly
	}
	f, err := f.check()
	if err != nil {
		return Created{}, err
	}
	now := s.clock.Now()
	c := Created{ClientSecret: newClientSecret(), App: App{
		ClientID: newClientID(), Token: newHex(32), Version: max(f.Version, 1), OwnerID: actor.ID, Created: now, Updated: now,
	}}
	c.App = c.with(f)
	c.Installed = f.APIOnly || f.InstallURL == "" // without a page for it there is nothing to wait for
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		id, err := insertAppTx(ctx, tx, c.App, hashOf(c.ClientSecret))
		if err != nil {
			return fmt.Errorf("insert application: %w", err)
		}
		c.ID = id
		s.changedTx(tx)
		text := fmt.Sprintf("%s was added, with the permissions %s.", c.Name, spoken(c.Scopes))
		if err := s.recordTx(ctx, tx, entry{"APP_ADDED", id, audit.Notice, text}); err != nil {
			return err
		}
		return s.announceTx(ctx, tx, c.App, actor.ID)
	})
	return c, err
}

// with returns a with what a person said of it.
func (a App) with(f Form) App {
	a.Name, a.Kind, a.APIOnly, a.Scopes = f.Name, f.Kind, f.APIOnly, f.Scopes
	a.HandlerURL, a.InstallURL, a.MenuTitle = f.HandlerURL, f.InstallURL, f.MenuTitle
	return a
}

// announceTx sends ONAPPINSTALL with tokens of userID to the handlers that are bound to it and, where no page does the
// installation, to the address for it.
// Page: api-reference/common/events/on-app-install.md.
func (s *Service) announceTx(ctx context.Context, tx *db.Tx, a App, userID int64) error {
	if !a.Installed {
		return nil
	}
	urls, err := s.events.HandlersTx(ctx, tx, a.ID, installed)
	if err != nil {
		return fmt.Errorf("handlers of %s: %w", installed, err)
	}
	if a.APIOnly {
		urls = append([]string{a.InstallURL}, urls...)
	}
	return s.sendTx(ctx, tx, urls, Delivery{
		AppID: a.ID, Name: installed, UserID: userID,
		Data: phpform.ArrayOf(
			phpform.Entry{Key: "VERSION", Value: phpform.StringOf(strconv.FormatInt(a.Version, 10))},
			phpform.Entry{Key: "ACTIVE", Value: phpform.StringOf("Y")},
			phpform.Entry{Key: "INSTALLED", Value: phpform.StringOf("Y")},
			phpform.Entry{Key: "LANGUAGE_ID", Value: phpform.StringOf(s.cfg.Language)},
		),
	})
}

// sendTx sends d to each of urls once, and queues it where the application fetches it; an empty address is none.
func (s *Service) sendTx(ctx context.Context, tx *db.Tx, urls []string, d Delivery) error {
	if err := s.events.QueueTx(ctx, tx, d); err != nil {
		return fmt.Errorf("queue %s: %w", d.Name, err)
	}
	for i, url := range urls {
		if url == "" || slices.Contains(urls[:i], url) {
			continue
		}
		d.URL = url
		if err := s.events.SendTx(ctx, tx, d); err != nil {
			return fmt.Errorf("send %s: %w", d.Name, err)
		}
	}
	return nil
}

// Update changes an application. New scopes hold from the next call on. An application that gives up its page is
// installed at once. One whose version goes up gets ONAPPUPDATE. Faults: ACCESS_DENIED, APP_NOT_FOUND, INVALID_FIELD.
func (s *Service) Update(ctx context.Context, actor user.Ref, id int64, f Form) (App, error) {
	f, err := f.check()
	if err != nil {
		return App{}, err
	}
	return s.change(ctx, actor, id, func(tx *db.Tx, a *App) error {
		hadPage, before := !a.APIOnly, a.Version
		version, err := newVersion(before, f)
		if err != nil {
			return err
		}
		text := a.changes(f)
		*a = a.with(f)
		a.Version = version
		if err := s.recordTx(ctx, tx, entry{"APP_CHANGED", id, audit.Notice, a.Name + text}); err != nil {
			return err
		}
		if err := s.raiseTx(ctx, tx, *a, before, actor.ID); err != nil {
			return err
		}
		if !hadPage || !f.APIOnly {
			return nil
		}
		a.Installed = true
		return s.announceTx(ctx, tx, *a, actor.ID)
	})
}

// Install repeats the installation: one without a page gets ONAPPINSTALL with new tokens of actor, one with an
// installation page opens that page again. Faults: ACCESS_DENIED, APP_NOT_FOUND, NO_INSTALL_URL.
func (s *Service) Install(ctx context.Context, actor user.Ref, id int64) (App, error) {
	return s.change(ctx, actor, id, func(tx *db.Tx, a *App) error {
		if a.InstallURL == "" {
			return ErrNotInstallable
		}
		a.Installed = a.APIOnly
		e := entry{"APP_INSTALL", id, audit.Notice, "The installation of " + a.Name + " was started again."}
		if err := s.recordTx(ctx, tx, e); err != nil {
			return err
		}
		userID := actor.ID
		if userID == 0 { // the command line
			userID = a.OwnerID
		}
		return s.announceTx(ctx, tx, *a, userID)
	})
}

// FinishInstall notes that the application's own page has completed the installation; from then on it gets events.
// Faults: ACCESS_DENIED, APP_NOT_FOUND.
func (s *Service) FinishInstall(ctx context.Context, actor user.Ref, id int64) (App, error) {
	return s.change(ctx, actor, id, func(tx *db.Tx, a *App) error {
		a.Installed = true
		e := entry{"APP_INSTALLED", id, audit.Notice, "The installation of " + a.Name + " was completed by its page."}
		if err := s.recordTx(ctx, tx, e); err != nil {
			return err
		}
		return s.announceTx(ctx, tx, *a, actor.ID)
	})
}

// change runs do on an application that actor may change, and stores what it made of it.
func (s *Service) change(ctx context.Context, actor user.Ref, id int64, do func(*db.Tx, *App) error) (a App, err error) {
	if !actor.May(access.ManageApps) {
		return App{}, ErrAdminOnly
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if a, err = appTx(ctx, tx, id); err != nil {
			return err
		}
		if err := do(tx, &a); err != nil {
			return err
		}
		a.Updated = s.clock.Now()
		s.changedTx(tx)
		return updateAppTx(ctx, tx, a)
	})
	return a, err
}

// Remove removes an application with its tokens and tells it so with ONAPPUNINSTALL; clean asks it to forget its data.
// Its row stays, so that what is on its way to it can be signed. Faults: ACCESS_DENIED, APP_NOT_FOUND.
func (s *Service) Remove(ctx context.Context, actor user.Ref, id int64, clean bool) error {
	if !actor.May(access.ManageApps) {
		return ErrAdminOnly
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		a, err := appTx(ctx, tx, id)
		if err != nil {
			return err
		}
		bound, err := s.events.HandlersTx(ctx, tx, id, uninstalled) // before the hooks unbind them
		if err != nil {
			return fmt.Errorf("handlers of %s: %w", uninstalled, err)
		}
		for _, hook := range s.cfg.OnRemoveTx {
			if err := hook(ctx, tx, id); err != nil {
				return err
			}
		}
		if err := s.farewellTx(ctx, tx, a, bound, clean); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM app_token WHERE app_id = ?", id); err != nil {
			return fmt.Errorf("revoke tokens: %w", err)
		}
		if _, err := tx.Exec(ctx, "DELETE FROM app_code WHERE app_id = ?", id); err != nil {
			return fmt.Errorf("forget codes: %w", err)
		}
		s.changedTx(tx)
		n, err := tx.Exec(ctx, "UPDATE app SET removed_at = ? WHERE id = ? AND removed_at = 0", db.Micro(s.clock.Now()), id)
		if err == nil && n == 0 {
			return ErrNotFound // somebody else was faster
		}
		if err != nil {
			return err
		}
		return s.recordTx(ctx, tx, entry{"APP_REMOVED", id, audit.Notice, a.Name + " was removed with its tokens, bots and bindings."})
	})
}

// farewellTx sends ONAPPUNINSTALL to the application's handler and to those that were bound to it, unless the application
// does not get events.
// Page: api-reference/common/events/on-app-uninstall.md.
func (s *Service) farewellTx(ctx context.Context, tx *db.Tx, a App, bound []string, clean bool) error {
	if !a.ReceivesEvents() {
		return nil
	}
	return s.sendTx(ctx, tx, append([]string{a.HandlerURL}, bound...), Delivery{
		AppID: a.ID, Name: uninstalled,
		Data: phpform.ArrayOf(
			phpform.Entry{Key: "LANGUAGE_ID", Value: phpform.StringOf(s.cfg.Language)},
			phpform.Entry{Key: "CLEAN", Value: phpform.IntOf(db.Bit(clean))},
		),
	})
}

// Get returns an application. Faults: ACCESS_DENIED, APP_NOT_FOUND.
func (s *Service) Get(ctx context.Context, actor user.Ref, id int64) (App, error) {
	if !actor.May(access.ManageApps) {
		return App{}, ErrAdminOnly
	}
	return s.Find(ctx, id)
}

// Find returns an application for whom it concerns itself. Fault: APP_NOT_FOUND.
func (s *Service) Find(ctx context.Context, id int64) (a App, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		a, err = appTx(ctx, tx, id)
		return err
	})
	return a, err
}

// FindByClientID returns the application with a client_id. Fault: APP_NOT_FOUND.
func (s *Service) FindByClientID(ctx context.Context, clientID string) (a App, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		a, err = scanApp(tx.QueryRow(ctx, "SELECT "+appColumns+" FROM app WHERE client_id = ? AND removed_at = 0", clientID))
		return err
	})
	return a, err
}

// List returns the applications, the newest first. Fault: ACCESS_DENIED.
func (s *Service) List(ctx context.Context, actor user.Ref) (out []App, err error) {
	if !actor.May(access.ManageApps) {
		return nil, ErrAdminOnly
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, "SELECT "+appColumns+" FROM app WHERE removed_at = 0 ORDER BY id DESC")
		out, err = collect(rows, err, scanApp)
		return err
	})
	return out, err
}

// ReceivesEventsTx reports whether events, other than the one of its installation, may be sent to an application: it is
// there, installed, and has a back end.
func (s *Service) ReceivesEventsTx(ctx context.Context, tx *db.Tx, id int64) (bool, error) {
	var n int64
	err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM app WHERE id = ? AND installed = 1 AND kind = 'server' AND removed_at = 0", id).
		Scan(&n)
	return n > 0, err
}
