package line

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

// validate returns the Faults of l. What before had already is not asked for again, so that a line can be changed though an operator
// of its queue was dismissed since.
func (s *Service) validateTx(ctx context.Context, tx *db.Tx, l, before *Line) error {
	var faults Faults
	for _, err := range slices.Concat(l.checkName(), l.checkTexts(), l.checkTimes(), l.checkShown()) {
		if err := faults.Add(err); err != nil {
			return err
		}
	}
	for _, check := range []func() error{
		func() error { return s.checkBotsTx(ctx, tx, l, &faults) },
		func() error { return s.checkQueueTx(ctx, tx, l, before, &faults) },
		func() error { return s.checkToldTx(ctx, tx, l, before, &faults) },
		func() error { return s.checkAnswersTx(ctx, tx, l, before, &faults) },
		func() error { return s.checkAgreementTx(ctx, tx, l, before, &faults) },
		func() error { return s.checkCategoryTx(ctx, tx, l, before, &faults) },
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return faults.Err()
}

func (l *Line) checkName() (out []error) {
	l.Name = strings.TrimSpace(l.Name)
	if l.Name == "" {
		out = append(out, wrong("LINE_NAME", "must not be empty"))
	}
	if l.Language == "" || strings.ContainsFunc(l.Language, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '_'
	}) || len(l.Language) > 10 {
		out = append(out, wrong("LANGUAGE_ID", "must be the code of a language such as en"))
	}
	return out
}

// checkTexts finds the texts that are to be sent and are not there.
func (l *Line) checkTexts() (out []error) {
	for _, c := range []struct {
		sent bool
		name string
		text string
	}{
		{l.Welcome, "WELCOME_MESSAGE_TEXT", l.WelcomeText},
		{l.WorkTime.Enabled && l.WorkTime.Rule.texts(), "WORKTIME_DAYOFF_TEXT", l.WorkTime.Rule.Text},
		{l.NoAnswerTime > 0 && l.NoAnswer.texts(), "NO_ANSWER_TEXT", l.NoAnswer.Text},
		{l.Close.texts(), "CLOSE_TEXT", l.Close.Text},
		{l.AutoCloseTime > 0 && l.AutoClose.texts(), "AUTO_CLOSE_TEXT", l.AutoClose.Text},
		{l.Vote.Enabled, "VOTE_MESSAGE_1_TEXT", l.Vote.Widget.Ask},
		{l.Vote.Enabled, "VOTE_MESSAGE_2_TEXT", l.Vote.Message.Ask},
		{l.Agreement && l.AgreementID == 0, "AGREEMENT_TEXT", l.AgreementText},
		{l.FirstAnswer.Alert, "KPI_FIRST_ANSWER_TEXT", l.FirstAnswer.Text},
		{l.FurtherAnswer.Alert, "KPI_FURTHER_ANSWER_TEXT", l.FurtherAnswer.Text},
	} {
		if c.sent && strings.TrimSpace(c.text) == "" {
			out = append(out, wrong(c.name, "must not be empty while it is to be sent"))
		}
	}
	return out
}

// texts reports whether the text is all that a client gets: one that brings in a bot may leave the words to it.
func (c Scenario) texts() bool { return c.Rule == RuleText && c.BotID == 0 }

func (l *Line) checkTimes() (out []error) {
	if z := l.WorkTime.Zone; z != "" {
		if _, err := zone(z); err != nil || z == "Local" {
			out = append(out, wrong("WORKTIME_TIMEZONE", "must be a time zone such as Europe/Berlin"))
		}
	}
	if l.WorkTime.Enabled && len(l.WorkTime.DaysOff) == 7 {
		out = append(out, wrong("WORKTIME_DAYOFF", "must leave a day on which people answer"))
	}
	return out
}

// checkShown looks at what clients see of operators.
func (l *Line) checkShown() (out []error) {
	if l.OperatorData == OperatorHide && strings.TrimSpace(l.DefaultOperator.Name) == "" {
		l.DefaultOperator.Name = l.Name // clients see the line
	}
	if err := l.DefaultOperator.check(); err != "" {
		out = append(out, wrong("DEFAULT_OPERATOR_DATA", err))
	}
	for _, id := range sortedKeys(l.Shown) {
		if l.Shown[id] == (Shown{}) {
			delete(l.Shown, id)
			continue
		}
		if err := l.Shown[id].check(); err != "" {
			out = append(out, wrong("QUEUE_USERS_FIELDS", err))
		}
	}
	return out
}

func (s Shown) check() string {
	for _, text := range []string{s.Name, s.Position} {
		if utf8.RuneCountInString(text) > maxShort || strings.ContainsRune(text, 0) || !utf8.ValidString(text) {
			return "must have names and positions of at most " + strconv.Itoa(maxShort) + " characters"
		}
	}
	if s.AvatarID < 0 {
		return "must have the number of a file in AVATAR_ID"
	}
	if s.Avatar == "" {
		return ""
	}
	u, err := url.Parse(s.Avatar)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(s.Avatar) > 2000 {
		return "must have a picture whose address begins with https://"
	}
	return ""
}

// checkBotsTx looks whether the bots can talk in conversations.
func (s *Service) checkBotsTx(ctx context.Context, tx *db.Tx, l *Line, faults *Faults) error {
	if l.Bot.Enabled && l.Bot.ID == 0 {
		*faults = append(*faults, wrong("WELCOME_BOT_ID", "must name a bot while a bot is to answer first"))
	}
	for _, c := range []struct {
		name string
		id   int64
	}{
		{"WELCOME_BOT_ID", l.Bot.ID},
		{"NO_ANSWER_BOT_ID", l.NoAnswer.BotID},
		{"WORKTIME_DAYOFF_BOT_ID", l.WorkTime.Rule.BotID},
		{"CLOSE_BOT_ID", l.Close.BotID},
		{"AUTO_CLOSE_BOT_ID", l.AutoClose.BotID},
	} {
		if c.id == 0 {
			continue
		}
		ok, err := s.bots.SpeaksInLinesTx(ctx, tx, c.id)
		if err != nil {
			return fmt.Errorf("bot of a line: %w", err)
		}
		if !ok {
			*faults = append(*faults, wrong(c.name, "must name a bot of type O, or one registered with OPENLINE=Y"))
		}
	}
	return nil
}

// checkQueueTx cleans the queue and looks whether who is new in it exists.
func (s *Service) checkQueueTx(ctx context.Context, tx *db.Tx, l, before *Line, faults *Faults) error {
	var queue []Entry
	var users, departments []int64
	for _, e := range l.Queue {
		same := func(o Entry) bool { return o.Kind == e.Kind && o.ID == e.ID }
		if slices.ContainsFunc(queue, same) {
			continue
		}
		queue = append(queue, e)
		switch {
		case slices.ContainsFunc(before.Queue, same):
		case e.Kind == EntryUser:
			users = append(users, e.ID)
		case e.Kind == EntryDepartment:
			departments = append(departments, e.ID)
		default:
			*faults = append(*faults, wrong("QUEUE", "must have entries whose ENTITY_TYPE is user or department"))
			return nil
		}
	}
	l.Queue = queue
	if len(queue) > MaxQueue {
		*faults = append(*faults, wrong("QUEUE", "must have at most "+strconv.Itoa(MaxQueue)+" entries"))
		return nil
	}
	if err := s.checkPeopleTx(ctx, tx, "QUEUE", users, faults); err != nil {
		return err
	}
	for _, id := range departments {
		ok, err := s.people.DepartmentExistsTx(ctx, tx, id)
		if err != nil {
			return err
		}
		if !ok {
			*faults = append(*faults, wrong("QUEUE", "names the department "+strconv.FormatInt(id, 10)+", which does not exist"))
		}
	}
	return nil
}

// checkToldTx looks whether those who are told of late answers exist.
func (s *Service) checkToldTx(ctx context.Context, tx *db.Tx, l, before *Line, faults *Faults) error {
	for _, c := range []struct {
		name      string
		kpi, past *KPI
	}{
		{"KPI_FIRST_ANSWER_LIST", &l.FirstAnswer, &before.FirstAnswer},
		{"KPI_FURTHER_ANSWER_LIST", &l.FurtherAnswer, &before.FurtherAnswer},
	} {
		var fresh []int64
		for _, id := range c.kpi.To {
			if !slices.Contains(c.past.To, id) {
				fresh = append(fresh, id)
			}
		}
		if err := s.checkPeopleTx(ctx, tx, c.name, fresh, faults); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) checkPeopleTx(ctx context.Context, tx *db.Tx, name string, ids []int64, faults *Faults) error {
	if len(ids) == 0 {
		return nil
	}
	known, err := s.people.ManyTx(ctx, tx, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if u, ok := known[id]; !ok || !u.Active || u.Kind != user.Employee {
			*faults = append(*faults, wrong(name, "names "+strconv.FormatInt(id, 10)+", who is no active employee"))
		}
	}
	return nil
}

// checkAnswersTx looks whether the list of canned answers exists.
func (s *Service) checkAnswersTx(ctx context.Context, tx *db.Tx, l, before *Line, faults *Faults) error {
	if l.QuickAnswersID == 0 || l.QuickAnswersID == before.QuickAnswersID {
		return nil
	}
	ok := false
	if s.answers != nil {
		var err error
		if ok, err = s.answers.ListExistsTx(ctx, tx, l.QuickAnswersID); err != nil {
			return fmt.Errorf("canned answers of a line: %w", err)
		}
	}
	if !ok {
		*faults = append(*faults, wrong("QUICK_ANSWERS_IBLOCK_ID", "names a list of canned answers that does not exist"))
	}
	return nil
}

// checkAgreementTx looks whether there is such an agreement, and whether it is switched on.
func (s *Service) checkAgreementTx(ctx context.Context, tx *db.Tx, l, before *Line, faults *Faults) error {
	if l.AgreementID == 0 || l.AgreementID == before.AgreementID {
		return nil
	}
	ok := false
	if s.agreements != nil {
		var err error
		if ok, err = s.agreements.ActiveTx(ctx, tx, l.AgreementID); err != nil {
			return fmt.Errorf("agreement of a line: %w", err)
		}
	}
	if !ok {
		*faults = append(*faults, wrong("AGREEMENT_ID", "names an agreement that does not exist or is switched off"))
	}
	return nil
}

// checkCategoryTx looks whether there is such a category.
func (s *Service) checkCategoryTx(ctx context.Context, tx *db.Tx, l, before *Line, faults *Faults) error {
	if l.CategoryID == 0 || l.CategoryID == before.CategoryID {
		return nil
	}
	name := ""
	if s.categories != nil {
		var err error
		if name, err = s.categories.NameTx(ctx, tx, l.CategoryID); err != nil {
			return fmt.Errorf("category of a line: %w", err)
		}
	}
	if name == "" {
		*faults = append(*faults, wrong("CATEGORY_ID", "names a category that does not exist"))
	}
	return nil
}
