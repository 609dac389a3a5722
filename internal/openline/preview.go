package openline

import (
	"context"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline/line"
)

// Operator is somebody who answers in a line, as its distribution sees them.
type Operator struct {
	Considered

	Active, Online, Paused bool
}

// Preview is what a line would do with a client who wrote now.
type Preview struct {
	Line      line.Line
	Open      bool // it is working time
	Waiting   int64
	Operators []Operator // in the order of their turn, with why each would be asked or not
	Chosen    []int64    // who would be asked; empty: nobody
}

// Assumed is what is assumed of an operator, in the place of how they are.
type Assumed struct {
	Online, Paused bool
	Load           int
}

// PreviewOf says what a line would do with a client who wrote now, with what is assumed of some operators. Nothing is changed. Fault:
// that of Lines for a line that does not exist.
func (s *Service) PreviewOf(ctx context.Context, lineID int64, assumed map[int64]Assumed) (p Preview, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		p = Preview{}
		l, err := s.lines.GetTx(ctx, tx, lineID)
		if err != nil {
			return err
		}
		all, err := s.candidatesTx(ctx, tx, l)
		if err != nil {
			return err
		}
		if l.MaxChat == 0 && len(all) > 0 { // the distribution does not look at it, people do
			at := make(map[int64]int, len(all))
			for i, c := range all {
				at[c.id] = i
			}
			if err := readLoads(ctx, tx, l.Counting, all, at); err != nil {
				return err
			}
		}
		for i := range all {
			if a, ok := assumed[all[i].id]; ok {
				all[i].online, all[i].paused, all[i].load = a.Online, a.Paused, a.Load
			}
		}
		p.Line, p.Open = l, l.OpenAt(s.now(), s.zone(ctx))
		p.choose(all)
		const q = "SELECT COUNT(*) FROM openline_session WHERE state = 'waiting' AND line_id = ?"
		return tx.QueryRow(ctx, q, lineID).Scan(&p.Waiting)
	})
	return p, err
}

func (p *Preview) choose(all []candidate) {
	to, why := choose(p.Line, all, nil)
	p.Chosen = to
	for i, c := range all {
		p.Operators = append(p.Operators, Operator{Considered: why[i], Active: c.active, Online: c.online, Paused: c.paused})
	}
}
