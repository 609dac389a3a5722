package notify

import "context"

// SendSome sends what is due, as the outbox does by itself after Start.
func (s *Service) SendSome(ctx context.Context) (int, error) { return s.sendSome(ctx) }

// TellMessage tells of a message, as the queue does after Start.
func (s *Service) TellMessage(ctx context.Context, m ChatMessage) error { return s.tellMessage(ctx, m) }

// ReadMentions marks mentions, as the queue does after Start.
func (s *Service) ReadMentions(ctx context.Context, userID, chatID, messageID int64) error {
	return s.readMentions(ctx, reading{userID, chatID, messageID})
}

// Keep bounds how many notifications a person has.
func (s *Service) Keep(n int64) { s.kept = n }

// MaxDevices is how many browsers a person has.
const MaxDevices = maxDevices
