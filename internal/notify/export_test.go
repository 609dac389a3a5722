package notify

import "context"

// SendSome sends what is due, as the outbox does by itself after Start.
func (s *Service) SendSome(ctx context.Context) (int, error) { return s.sendSome(ctx) }

// TellSome tells some people of the messages that wait, as happens by itself after Start.
func (s *Service) TellSome(ctx context.Context) (more bool, err error) { return s.tellSome(ctx) }

// SpreadPeople is how many people are told of messages in one write.
const SpreadPeople = spreadPeople

// ReadMentions marks mentions, as the queue does after Start.
func (s *Service) ReadMentions(ctx context.Context, userID, chatID, messageID int64) error {
	return s.readMentions(ctx, reading{userID, chatID, messageID})
}

// Keep bounds how many notifications a person has.
func (s *Service) Keep(n int64) { s.kept = n }

// MaxDevices is how many browsers a person has.
const MaxDevices = maxDevices
