package bot

import "context"

// OwnedSecond returns a bot of an owner, of either generation: imbot.v2 works with the bots of both.
// Faults: BOT_NOT_FOUND, BOT_OWNERSHIP_ERROR. Page: api-reference/chat-bots/chat-bots-v2/migration.md.
func (s *Service) OwnedSecond(ctx context.Context, o Owner, id int64) (Bot, error) {
	b, err := s.Find(ctx, id, "")
	if err != nil {
		return Bot{}, err
	}
	if b.Owner.key() != o.key() {
		return Bot{}, ErrOwnership
	}
	return b, nil
}

// Owns reports whether o is the owner of b.
func (o Owner) Owns(b Bot) bool { return b.Owner.key() == o.key() }

// Find returns a bot of either generation by its id or, where that is 0, by its code. Codes are unique since they have to be; of
// older bots that share one, those of the second generation go first, then the one that was there first. Fault: BOT_NOT_FOUND.
func (s *Service) Find(ctx context.Context, id int64, code string) (Bot, error) {
	r, err := s.roster(ctx)
	if err != nil {
		return Bot{}, err
	}
	found := r.byID[id]
	for i := range r.all {
		if b := &r.all[i]; id == 0 && b.Code == code && (found == nil || found.Second == nil && b.Second != nil) {
			found = b
		}
	}
	if found == nil {
		return Bot{}, ErrNotFound
	}
	return *found, nil
}

// FindSecond returns the bot of the second generation with an id. Fault: BOT_NOT_FOUND.
func (s *Service) FindSecond(ctx context.Context, id int64) (Bot, error) {
	b, err := s.Find(ctx, id, "")
	if err == nil && b.Second == nil {
		err = ErrNotFound
	}
	return b, err
}

// AsSecond returns what the second generation knows of b; a bot of the first hears of everything at its handlers, and people may
// react to what it writes.
func (b Bot) AsSecond() Second {
	if b.Second != nil {
		return *b.Second
	}
	return Second{Mode: Webhook, WebhookURL: b.Handlers.MessageAdd, Hidden: b.Type == OpenLine, Reactions: true}
}

// SecondOf returns up to limit bots of an owner, of either generation, by their ids, behind the first offset of them. An empty
// type is every type.
func (s *Service) SecondOf(ctx context.Context, o Owner, t Type, offset, limit int64) (out []Bot, err error) {
	r, err := s.roster(ctx)
	if err != nil {
		return nil, err
	}
	for _, b := range r.all {
		if !o.Owns(b) || t != "" && b.Type != t && (t != Standard || b.Type != Human) {
			continue
		}
		if offset--; offset < 0 && int64(len(out)) < limit {
			out = append(out, b)
		}
	}
	return out, nil
}

// Token is the application_token of deliveries to a bot that belongs to no application; an application has one of its own.
func (b Bot) Token() string { return b.Owner.token() }
