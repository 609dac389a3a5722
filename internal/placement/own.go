package placement

import (
	"context"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/phpform"
)

// SettingConnector is the page with the settings of a connector. Whoever registers a connector has its page bound to the place,
// and the portal opens that one: what placement.bind puts there is kept and shows nowhere.
// Page: api-reference/widgets/setting-connector.md.
const SettingConnector = "SETTING_CONNECTOR"

// BindOwnTx binds a handler that belongs to something else of the application, such as a connector. One that is bound already
// stays as it is: two things may have the same.
func (s *Service) BindOwnTx(ctx context.Context, tx *db.Tx, h Handler) error {
	h.Bound = s.clock.Now()
	h.Option = Options{value: phpform.ListOf()}
	if _, err := insertTx(ctx, tx, h); err != nil {
		return fmt.Errorf("insert handler: %w", err)
	}
	s.changedTx(tx)
	return nil
}

// UnbindOwnTx takes away what BindOwnTx bound.
func (s *Service) UnbindOwnTx(ctx context.Context, tx *db.Tx, h Handler) error {
	s.changedTx(tx)
	_, err := tx.Exec(ctx, "DELETE FROM placement WHERE app_id = ? AND code = ? AND handler = ? AND user_id = 0 AND title = ?", h.AppID, h.Code, h.URL, h.Title)
	return err
}
