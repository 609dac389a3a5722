package bot

import "context"

// OwnedSecond returns a bot of the second generation of an owner. Faults: BOT_NOT_FOUND, BOT_OWNERSHIP_ERROR.
func (s *Service) OwnedSecond(ctx context.Context, o Owner, id int64) (Bot, error) {
	b, err := s.FindSecond(ctx, id, "")
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

// FindSecond returns a bot of the second generation by its id or, where that is 0, by its code. Fault: BOT_NOT_FOUND.
func (s *Service) FindSecond(ctx context.Context, id int64, code string) (Bot, error) {
	r, err := s.roster(ctx)
	if err != nil {
		return Bot{}, err
	}
	if id != 0 {
		if b := r.byID[id]; b != nil && b.Second != nil {
			return *b, nil
		}
		return Bot{}, ErrNotFound
	}
	for i := range r.all {
		if b := &r.all[i]; b.Second != nil && b.Code == code {
			return *b, nil
		}
	}
	return Bot{}, ErrNotFound
}

// SecondOf returns up to limit bots of the second generation of an owner, by their ids, behind the first offset of them. An empty
// type is every type.
func (s *Service) SecondOf(ctx context.Context, o Owner, t Type, offset, limit int64) (out []Bot, err error) {
	r, err := s.roster(ctx)
	if err != nil {
		return nil, err
	}
	for _, b := range r.all {
		if b.Second == nil || !o.Owns(b) || t != "" && b.Type != t {
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
