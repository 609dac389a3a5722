package openline

import (
	"context"
	"fmt"
	"net/mail"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

// Known is what operators may say of a client.
type Known struct {
	FirstName, LastName string
	Email, Phone        string
}

// Faults of what operators say of a client.
var (
	ErrClientName  = fault.New(fault.Invalid, "CLIENT_NAME", "Write how the client is called.").At("first_name")
	ErrClientEmail = fault.New(fault.Invalid, "CLIENT_EMAIL", "This is no e-mail address.").At("email")
)

// SetKnown keeps what an operator knows of a client. Their chats are named anew; what their channel says later of itself goes before it.
// Faults: ErrClientName, ErrClientEmail, and those of Users for who is no client.
func (s *Service) SetKnown(ctx context.Context, visitorID int64, k Known) error {
	k = Known{cut(k.FirstName), cut(k.LastName), whole(k.Email), whole(k.Phone)}
	if k.FirstName == "" && k.LastName == "" {
		return ErrClientName
	}
	if k.Email != "" {
		if a, err := mail.ParseAddress(k.Email); err != nil || a.Address != k.Email {
			return ErrClientEmail
		}
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		users, err := s.users.ManyTx(ctx, tx, []int64{visitorID})
		if err != nil {
			return fmt.Errorf("read client: %w", err)
		}
		u := users[visitorID]
		p := profile{}.over(u)
		p.FirstName, p.LastName, p.Email, p.Phone = k.FirstName, k.LastName, k.Email, k.Phone
		if err := s.users.UpdateVisitorTx(ctx, tx, visitorID, p); err != nil {
			return err
		}
		if err := tx.Later(ctx, "UPDATE openline_client SET phone = ? WHERE user_id = ?", digits(k.Phone), visitorID); err != nil {
			return fmt.Errorf("note number of client: %w", err)
		}
		return s.renameChatsTx(ctx, tx, visitorID)
	})
}

// renameChatsTx names the chats with a client by the client.
func (s *Service) renameChatsTx(ctx context.Context, tx *db.Tx, visitorID int64) error {
	u, err := s.userTx(ctx, tx, visitorID)
	if err != nil {
		return err
	}
	rooms, err := roomsOf(ctx, tx, visitorID)
	if err != nil {
		return err
	}
	for _, r := range rooms {
		l, err := s.lines.GetTx(ctx, tx, r.lineID)
		if err != nil {
			if fault.KindOf(err) == fault.NotFound {
				continue // the line is deleted
			}
			return err
		}
		if err := s.chats.RetitleTx(ctx, tx, r.chatID, titleOf(l, u, r.number, "")); err != nil {
			return err
		}
	}
	return nil
}

// ownRoom is a chat with a client, or with several of whom they are the first.
type ownRoom struct{ chatID, lineID, visitorID, number int64 }

const roomColumns = "chat_id, line_id, visitor_id, number"

func scanRoom(r scanner) (o ownRoom, err error) {
	if err = r.Scan(&o.chatID, &o.lineID, &o.visitorID, &o.number); err != nil {
		err = fmt.Errorf("read chat of client: %w", err)
	}
	return o, err
}

func roomsOf(ctx context.Context, tx *db.Tx, visitorID int64) (out []ownRoom, err error) {
	rows, err := tx.Query(ctx, "SELECT "+roomColumns+" FROM openline_chat WHERE visitor_id = ? AND grouped = 0 ORDER BY chat_id", visitorID)
	if err != nil {
		return nil, fmt.Errorf("read chats of client: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		r, err := scanRoom(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}
