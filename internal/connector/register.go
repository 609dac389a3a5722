package connector

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
)

// The limits of connectors.
const (
	MaxConnectors = 100 // of an application
	maxCode       = 100 // bytes
	maxName       = 255 // characters
	maxHandler    = 2000
)

// check returns c as it is kept. Faults: those of registering.
func (c Connector) check() (Connector, error) {
	c.Code, c.Name, c.Handler = Code(c.Code), strings.TrimSpace(c.Name), strings.TrimSpace(c.Handler)
	switch {
	case c.Code == "":
		return c, errIDRequired
	case strings.Contains(c.Code, "."):
		return c, errDot
	case c.Name == "":
		return c, errNameNeeded
	case c.Icon.Image == "":
		return c, errIconNeeded
	case c.Handler == "":
		return c, errNoHandler
	case len(c.Code) > maxCode || strings.ContainsFunc(c.Code, func(r rune) bool { return !inCode(r) }):
		return c, General("ID must be made of digits, lowercase letters, _ and -, and no longer than 100 characters")
	case utf8.RuneCountInString(c.Name) > maxName || !utf8.ValidString(c.Name) || strings.ContainsRune(c.Name, 0):
		return c, General("NAME must not be longer than 255 characters")
	case !isAddress(c.Handler):
		return c, General("PLACEMENT_HANDLER must be an http or https address")
	}
	var err error
	if c.Icon, err = c.Icon.check(); err != nil || c.Off.Image == "" {
		c.Off.Color, c.Off.Size, c.Off.Position = matching(colors, c.Off.Color), matching(sizes, c.Off.Size), matching(positions, c.Off.Position)
		return c, err
	}
	c.Off, err = c.Off.check()
	return c, err
}

// Code returns the code of a connector as it is kept.
func Code(id string) string { return strings.ToLower(strings.TrimSpace(id)) }

func inCode(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' || r == '-'
}

func isAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && len(text) <= maxHandler && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil
}

// Register registers a connector of an application on behalf of a user, or changes the one that has its code. What is connected
// stays so. Faults, all answered inside of the result: CONNECTOR_ID_REQUIRED, APPLICATION_REGISTRATION_ERROR_POINT,
// NAME_REQUIRED, ICON_REQUIRED, NO_PLACEMENT_HANDLER, APPLICATION_REGISTRATION_ERROR where another application or the portal has
// the code, GENERAL_CONNECTOR_REGISTRATION_ERROR.
// Page: api-reference/imopenlines/imconnector/imconnector-register.md.
func (s *Service) Register(ctx context.Context, actorID int64, c Connector) error {
	c, err := c.check()
	if err != nil {
		return err
	}
	if slices.ContainsFunc(s.Builtin, func(b Builtin) bool { return b.Code == c.Code }) {
		return errTaken
	}
	c.Created, c.Changed = s.Clock.Now(), s.Clock.Now()
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := lockTx(ctx, tx); err != nil {
			return err
		}
		was, known, err := byCodeTx(ctx, tx, c.Code)
		switch {
		case err != nil:
			return err
		case known && was.AppID != c.AppID:
			return errTaken
		case known:
			return s.changeTx(ctx, tx, actorID, was, c)
		}
		return s.addTx(ctx, tx, actorID, c)
	})
}

// lockTx keeps two registrations apart. They are rare.
func lockTx(ctx context.Context, tx *db.Tx) error { return tx.Lock(ctx, "connector") }

func (s *Service) addTx(ctx context.Context, tx *db.Tx, actorID int64, c Connector) (err error) {
	var count int64
	if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM connector WHERE app_id = ?", c.AppID).Scan(&count); err != nil {
		return fmt.Errorf("count connectors: %w", err)
	}
	if count >= MaxConnectors {
		return errTooMany
	}
	if c.ID, err = c.insertTx(ctx, tx); err != nil {
		return fmt.Errorf("insert connector: %w", err)
	}
	if err := s.Places.BindSettingsTx(ctx, tx, c, actorID); err != nil {
		return fmt.Errorf("bind settings: %w", err)
	}
	s.changedTx(tx)
	return s.noteTx(ctx, tx, actorID, "CONNECTOR_REGISTER", c.Code, "registered the connector "+c.Name, c.AppID)
}

func (s *Service) changeTx(ctx context.Context, tx *db.Tx, actorID int64, was, c Connector) error {
	c.ID = was.ID
	if err := c.updateTx(ctx, tx); err != nil {
		return fmt.Errorf("update connector: %w", err)
	}
	if was.Handler != c.Handler || was.Name != c.Name {
		if err := s.Places.UnbindSettingsTx(ctx, tx, was); err != nil {
			return fmt.Errorf("unbind settings: %w", err)
		}
		if err := s.Places.BindSettingsTx(ctx, tx, c, actorID); err != nil {
			return fmt.Errorf("bind settings: %w", err)
		}
	}
	s.changedTx(tx)
	return s.noteTx(ctx, tx, actorID, "CONNECTOR_UPDATE", c.Code, "changed the connector "+c.Name, c.AppID)
}

// noteTx writes what an application did into the portal's log.
func (s *Service) noteTx(ctx context.Context, tx *db.Tx, actorID int64, kind, code, did string, appID int64) error {
	return s.Audit.RecordTx(ctx, tx, audit.Entry{
		Type: kind, Module: "connector", Item: code, UserID: actorID, Description: "Application " + strconv.FormatInt(appID, 10) + " " + did + ".",
	})
}

// Unregister removes a connector of an application on behalf of a user. What was written through it stays.
// Fault, answered inside of the result: APPLICATION_UNREGISTRATION_ERROR where the application has no such connector.
// Page: api-reference/imopenlines/imconnector/imconnector-unregister.md.
func (s *Service) Unregister(ctx context.Context, actorID, appID int64, code string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := lockTx(ctx, tx); err != nil {
			return err
		}
		c, known, err := byCodeTx(ctx, tx, Code(code))
		switch {
		case err != nil:
			return err
		case !known || c.AppID != appID:
			return errUnregister
		}
		if err := s.removeTx(ctx, tx, c); err != nil {
			return err
		}
		return s.noteTx(ctx, tx, actorID, "CONNECTOR_UNREGISTER", c.Code, "removed the connector "+c.Name, appID)
	})
}

func (s *Service) removeTx(ctx context.Context, tx *db.Tx, c Connector) error {
	if err := s.Places.UnbindSettingsTx(ctx, tx, c); err != nil {
		return fmt.Errorf("unbind settings: %w", err)
	}
	if err := tx.Later(ctx, "DELETE FROM connector_line WHERE connector_id = ?", c.ID); err != nil {
		return fmt.Errorf("disconnect lines: %w", err)
	}
	if err := tx.Later(ctx, "DELETE FROM connector WHERE id = ?", c.ID); err != nil {
		return fmt.Errorf("delete connector: %w", err)
	}
	if err := tx.Later(ctx, "INSERT INTO connector_removed (connector_id) VALUES (?)", c.ID); err != nil {
		return fmt.Errorf("note removal: %w", err)
	}
	tx.AfterCommit(s.hurry)
	s.changedTx(tx)
	return nil
}

// RemoveAppTx removes the connectors of an application that is being removed, and tells its handlers of each line that loses one.
// It must run before the application's handlers are forgotten.
func (s *Service) RemoveAppTx(ctx context.Context, tx *db.Tx, appID int64) error {
	if err := lockTx(ctx, tx); err != nil {
		return err
	}
	own, err := queryTx(ctx, tx, "WHERE app_id = ? ORDER BY id", appID)
	if err != nil {
		return err
	}
	for _, c := range own {
		lines, err := statusesTx(ctx, tx, "WHERE connector_id = ? AND active = 1 ORDER BY line_id", c.ID)
		if err != nil {
			return err
		}
		for _, l := range lines {
			if err := s.tellGoneTx(ctx, tx, c, l.LineID); err != nil {
				return err
			}
		}
		if err := s.removeTx(ctx, tx, c); err != nil {
			return err
		}
	}
	return nil
}
