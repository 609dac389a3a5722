package connector

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
)

// Channel is what an application says of its channel on a line.
// Page: api-reference/imopenlines/imconnector/imconnector-connector-data-set.md.
type Channel struct {
	ID    string // outside
	URL   string // for clients
	URLIM string // for operators
	Name  string
}

// maxChannel bounds each of its texts, in bytes.
const maxChannel = 2000

// Status is how a connector stands on a line.
type Status struct {
	ConnectorID int64
	LineID      int64
	Active      bool // it is switched on: messages go through
	Configured  bool // the application has said that the channel is set up
	Failing     bool // what operators write does not reach the application
	Channel     Channel
	Changed     time.Time
	ChangedBy   int64
}

// Ready reports whether everything is set up and works: STATUS on the wire.
func (s Status) Ready() bool { return s.Active && s.Configured && !s.Failing }

const statusColumns = `connector_id, line_id, active, configured, failing, channel_id, channel_url, channel_url_im, channel_name, changed_at,
	changed_by`

func scanStatus(r scanner) (s Status, err error) {
	var changed int64
	err = r.Scan(&s.ConnectorID, &s.LineID, &s.Active, &s.Configured, &s.Failing, &s.Channel.ID, &s.Channel.URL, &s.Channel.URLIM,
		&s.Channel.Name, &changed, &s.ChangedBy)
	s.Changed = db.Time(changed)
	return s, err
}

func statusesTx(ctx context.Context, tx *db.Tx, where string, args ...any) (out []Status, err error) {
	rows, err := tx.Query(ctx, "SELECT "+statusColumns+" FROM connector_line "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("list lines of connectors: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		s, err := scanStatus(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

// statusTx returns how a connector stands on a line: not connected where nothing is known.
func statusTx(ctx context.Context, tx *db.Tx, connectorID, lineID int64) (Status, error) {
	s, err := scanStatus(tx.QueryRow(ctx, "SELECT "+statusColumns+" FROM connector_line WHERE connector_id = ? AND line_id = ?", connectorID, lineID))
	if errors.Is(err, db.ErrNoRows) {
		return Status{ConnectorID: connectorID, LineID: lineID}, nil
	}
	return s, err
}

// Owned returns a connector of an application. Fault: IMCONNECTOR_NO_CORRECT_PROVIDER.
func (s *Service) Owned(ctx context.Context, appID int64, code string) (Connector, error) {
	m, err := s.memory(ctx)
	if err != nil {
		return Connector{}, err
	}
	c, ok := m.byCode[Code(code)]
	if !ok || c.AppID != appID {
		return Connector{}, ErrNoConnector
	}
	return c, nil
}

// Status returns how a connector of an application stands on a line. On a line that there is not, it is not connected.
// Fault: IMCONNECTOR_NO_CORRECT_PROVIDER. Page: api-reference/imopenlines/imconnector/imconnector-status.md.
func (s *Service) Status(ctx context.Context, appID int64, code string, lineID int64) (st Status, err error) {
	c, err := s.Owned(ctx, appID, code)
	if err != nil {
		return st, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		st, err = statusTx(ctx, tx, c.ID, lineID)
		return err
	})
	return st, err
}

// ChannelOn returns what an application says of its channel on a line, with those addresses alone that can be opened; nothing of a channel
// that the portal brings itself, or that is not set up.
func (s *Service) ChannelOn(ctx context.Context, code string, lineID int64) (ch Channel, err error) {
	m, err := s.memory(ctx)
	if err != nil {
		return ch, err
	}
	c, ok := m.byCode[Code(code)]
	if !ok {
		return ch, nil
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		st, err := statusTx(ctx, tx, c.ID, lineID)
		ch = st.Channel.Opened()
		return err
	})
	return ch, err
}

// Opened returns the channel without addresses that are none.
func (c Channel) Opened() Channel {
	if !isAddress(c.URL) {
		c.URL = ""
	}
	if !isAddress(c.URLIM) {
		c.URLIM = ""
	}
	return c
}

// ForOperators returns where operators find the channel: the address that is meant for them, or that for clients.
func (c Channel) ForOperators() string {
	if c.URLIM != "" {
		return c.URLIM
	}
	return c.URL
}

// Activate switches a connector of an application on or off on a line, on behalf of a user.
// Faults: IMCONNECTOR_NO_CORRECT_PROVIDER, NOT_ACTIVE_LINE where there is no such line.
// Page: api-reference/imopenlines/imconnector/imconnector-activate.md.
func (s *Service) Activate(ctx context.Context, actorID, appID int64, code string, lineID int64, active bool) error {
	did := "switched the connector off on line "
	if active {
		did = "switched the connector on on line "
	}
	return s.setTx(ctx, appID, code, lineID, func(tx *db.Tx, st *Status) error {
		if st.Active == active && !st.Changed.IsZero() {
			return nil
		}
		st.Active = active
		return s.noteTx(ctx, tx, actorID, "CONNECTOR_ACTIVATE", Code(code), did+strconv.FormatInt(lineID, 10), appID)
	}, actorID)
}

// SetChannel keeps what an application says of its channel on a line, instead of what it said before: the channel counts as set up.
// Faults: IMCONNECTOR_NO_CORRECT_PROVIDER, NOT_ACTIVE_LINE where there is no such line, ERROR_ARGUMENT.
// Page: api-reference/imopenlines/imconnector/imconnector-connector-data-set.md.
func (s *Service) SetChannel(ctx context.Context, actorID, appID int64, code string, lineID int64, ch Channel) error {
	for _, f := range []struct{ name, text string }{{"ID", ch.ID}, {"URL", ch.URL}, {"URL_IM", ch.URLIM}, {"NAME", ch.Name}} {
		if len(f.text) > maxChannel || strings.ContainsRune(f.text, 0) {
			return fault.Argument("DATA", "DATA["+f.name+"] must not be longer than "+strconv.Itoa(maxChannel)+" bytes")
		}
	}
	for _, f := range []struct{ name, text string }{{"URL", ch.URL}, {"URL_IM", ch.URLIM}} {
		if f.text != "" && !isAddress(f.text) {
			return fault.Argument("DATA", "DATA["+f.name+"] must be a full http or https address")
		}
	}
	return s.setTx(ctx, appID, code, lineID, func(tx *db.Tx, st *Status) error {
		st.Channel, st.Configured = ch, true
		return s.noteTx(ctx, tx, actorID, "CONNECTOR_DATA_SET", Code(code), "set the channel up on line "+strconv.FormatInt(lineID, 10), appID)
	}, actorID)
}

// setTx changes how a connector of an application stands on a line.
func (s *Service) setTx(ctx context.Context, appID int64, code string, lineID int64, change func(tx *db.Tx, st *Status) error, actorID int64) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		c, known, err := byCodeTx(ctx, tx, Code(code))
		switch {
		case err != nil:
			return err
		case !known || c.AppID != appID:
			return ErrNoConnector
		}
		if _, found, err := s.Lines.LineTx(ctx, tx, lineID); err != nil || !found {
			return orFault(err, ErrNoLine)
		}
		return s.changeStatusTx(ctx, tx, c, lineID, actorID, change)
	})
}

func orFault(err error, f *fault.Fault) error {
	if err != nil {
		return err
	}
	return f
}

func (s *Service) changeStatusTx(ctx context.Context, tx *db.Tx, c Connector, lineID, actorID int64, change func(tx *db.Tx, st *Status) error) error {
	st, err := statusTx(ctx, tx, c.ID, lineID)
	if err != nil {
		return err
	}
	if err := change(tx, &st); err != nil {
		return err
	}
	st.Changed, st.ChangedBy = s.Clock.Now(), actorID
	err = tx.Later(ctx, `INSERT INTO connector_line (connector_id, line_id, active, configured, failing, channel_id, channel_url, channel_url_im,
		channel_name, changed_at, changed_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (connector_id, line_id) DO UPDATE SET active = excluded.active, configured = excluded.configured, failing = excluded.failing,
		channel_id = excluded.channel_id, channel_url = excluded.channel_url, channel_url_im = excluded.channel_url_im,
		channel_name = excluded.channel_name, changed_at = excluded.changed_at, changed_by = excluded.changed_by`,
		c.ID, lineID, db.Bit(st.Active), db.Bit(st.Configured), db.Bit(st.Failing), st.Channel.ID, st.Channel.URL, st.Channel.URLIM,
		st.Channel.Name, db.Micro(st.Changed), actorID)
	if err != nil {
		return fmt.Errorf("store status: %w", err)
	}
	s.changedTx(tx)
	return nil
}

// LineDeletedTx forgets a line that is being deleted, and tells the applications whose connectors were joined to it.
// Page: api-reference/imopenlines/imconnector/events/on-im-connector-line-delete.md.
func (s *Service) LineDeletedTx(ctx context.Context, tx *db.Tx, lineID, actorID int64) error {
	joined, err := queryTx(ctx, tx, "WHERE id IN (SELECT connector_id FROM connector_line WHERE line_id = ?) ORDER BY id", lineID)
	if err != nil {
		return err
	}
	told := map[int64]bool{}
	for _, c := range joined {
		if told[c.AppID] {
			continue
		}
		told[c.AppID] = true
		e := event.Event{Name: lineDelete, AppID: c.AppID, UserID: actorID, Data: phpform.IntOf(lineID)}
		if err := s.Events.EmitTx(ctx, tx, e); err != nil {
			return fmt.Errorf("tell of line: %w", err)
		}
	}
	err = tx.Later(ctx, "DELETE FROM connector_line WHERE line_id = ?", lineID)
	s.changedTx(tx)
	return err
}

// Names returns the names of all connectors by their codes, and of the channels that the portal brings itself, these first.
// Page: api-reference/imopenlines/imconnector/imconnector-list.md.
func (s *Service) Names(ctx context.Context) ([]Builtin, error) {
	m, err := s.memory(ctx)
	if err != nil {
		return nil, err
	}
	out := append([]Builtin{}, s.Builtin...)
	for _, c := range m.all {
		out = append(out, Builtin{c.Code, c.Name})
	}
	return out, nil
}

// noteByTx writes what a person did in the Contact Center into the portal's log.
func (s *Service) noteByTx(ctx context.Context, tx *db.Tx, actorID int64, kind, code, text string) error {
	return s.Audit.RecordTx(ctx, tx, audit.Entry{Type: kind, Module: "connector", Item: code, UserID: actorID, Description: text})
}
