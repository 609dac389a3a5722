package bot

import (
	"cmp"
	"context"
	"slices"
	"strings"
)

// Offered returns the commands that somebody who writes in a chat is offered, by their names: of the bots in it, whose ids
// are members, and those that work in every chat, without the hidden ones. outsider is true for who is from outside the
// company.
// Page: api-reference/chat-bots/outdated/commands/imbot-command-register.md.
func (s *Service) Offered(ctx context.Context, c Chat, members []int64, outsider bool) ([]Command, error) {
	r, err := s.roster(ctx)
	if err != nil {
		return nil, err
	}
	var out []Command
	for i := range r.all {
		b := &r.all[i]
		for _, cmd := range b.Commands {
			in := invoked{Command: cmd, bot: b, member: slices.Contains(members, b.ID)}
			if !cmd.Hidden && in.reaches(&c, outsider) {
				out = append(out, cmd)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Command) int { return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return out, nil
}
