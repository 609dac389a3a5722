package openline

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// StepKind says what was decided.
type StepKind string

// The kinds of steps.
const (
	StepBegan     StepKind = "began"    // the client wrote
	StepBot       StepKind = "bot"      // a bot leads
	StepQueued    StepKind = "queued"   // it came into the queue
	StepOffHours  StepKind = "offhours" // nobody works: it waits
	StepOffered   StepKind = "offered"  // operators were asked
	StepNobody    StepKind = "nobody"   // no operator could be asked: it waits
	StepBehind    StepKind = "behind"   // others have waited longer
	StepMissed    StepKind = "missed"   // an operator did not take it in time
	StepSkipped   StepKind = "skipped"  // an operator passed it on
	StepTaken     StepKind = "taken"    // an operator took it
	StepMoved     StepKind = "moved"    // somebody moved it
	StepLeft      StepKind = "left"     // who had it left the chat or the company
	StepNoAnswer  StepKind = "noanswer" // nobody answered in time
	StepLate      StepKind = "late"     // the answer took longer than the line wants
	StepFinished  StepKind = "finished" // somebody ended it
	StepReopened  StepKind = "reopened" // the client wrote again
	StepRated     StepKind = "rated"
	StepClosed    StepKind = "closed"
	StepSpam      StepKind = "spam"
	StepUnblocked StepKind = "unblocked" // spam was taken back
	StepSorted    StepKind = "sorted"    // somebody said what it is about
)

// Why says what made or kept an operator from being asked.
type Why string

// The reasons of the distribution.
const (
	WhyFree     Why = "free"     // could be asked
	WhyChosen   Why = "chosen"   // was asked
	WhyOffline  Why = "offline"  // is not there
	WhyPaused   Why = "paused"   // takes none at the moment
	WhyFull     Why = "full"     // has as many as the line allows
	WhyTried    Why = "tried"    // had it in this round already
	WhyInactive Why = "inactive" // has left
)

// Considered is an operator as the distribution saw them.
type Considered struct {
	UserID int64     `json:"user"`
	Why    Why       `json:"why"`
	Load   int       `json:"load"`           // conversations that count
	Given  time.Time `json:"given,omitzero"` // when they were last given one
}

// Detail is what a step is explained with.
type Detail struct {
	Text       string       `json:"text,omitempty"`
	Rule       string       `json:"rule,omitempty"` // how operators are chosen
	Considered []Considered `json:"considered,omitempty"`
	Ahead      int64        `json:"ahead,omitempty"` // how many wait longer
	Until      time.Time    `json:"until,omitzero"`  // when it goes on of itself
	LineID     int64        `json:"line,omitempty"`
}

// Step is one decision about a conversation.
type Step struct {
	ID      int64
	At      time.Time
	Kind    StepKind
	ActorID int64 // who decided it; 0: the line itself
	UserID  int64 // whom it concerns; 0: nobody or several
	Folded  int64 // how often the same was decided since the step before of its kind, which is not kept one by one
	Detail
}

// stepTx notes a decision.
func (s *Service) stepTx(ctx context.Context, tx *db.Tx, sessionID int64, k Step) error {
	b, err := json.Marshal(k.Detail)
	if err != nil {
		return fmt.Errorf("encode step: %w", err)
	}
	const q = "INSERT INTO openline_step (session_id, at, kind, actor_id, user_id, detail) VALUES (?, ?, ?, ?, ?, ?)"
	if err := tx.Later(ctx, q, sessionID, db.Micro(s.now()), string(k.Kind), k.ActorID, k.UserID, string(b)); err != nil {
		return fmt.Errorf("note step: %w", err)
	}
	return nil
}

// Steps returns why a conversation went where it did, the first decision first. Who may ask is for the caller to check.
func (s *Service) Steps(ctx context.Context, sessionID int64) (out []Step, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out = nil
		rows, err := tx.Query(ctx, "SELECT id, at, kind, actor_id, user_id, folded, detail FROM openline_step WHERE session_id = ? ORDER BY id", sessionID)
		if err != nil {
			return fmt.Errorf("read steps: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var k Step
			var at int64
			var detail string
			if err := rows.Scan(&k.ID, &at, &k.Kind, &k.ActorID, &k.UserID, &k.Folded, &detail); err != nil {
				return fmt.Errorf("read steps: %w", err)
			}
			k.At = db.Time(at)
			if err := json.Unmarshal([]byte(detail), &k.Detail); err != nil {
				return fmt.Errorf("step %d: %w", k.ID, err)
			}
			out = append(out, k)
		}
		return rows.Err()
	})
	return out, err
}
