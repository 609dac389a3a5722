package statweb

import (
	"context"
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline/stat"
	"github.com/portico-hq/portico/internal/web"
)

// conversationHead are the columns of the export of conversations; docs/channels-export.md says what each holds.
var conversationHead = []string{
	"id", "line_id", "line", "channel", "chat_id", "client_id", "client", "state", "outcome", "operator_id", "operator", "previous_id",
	"created", "queued", "taken", "answered", "closed", "queue_seconds", "first_answer_seconds",
	"client_messages", "operator_messages", "bot_messages", "rating", "supervisor_rating", "supervisor_comment", "category_id", "category",
}

// wrong turns the first mistake in the filters into a fault.
func (f *filters) wrong() error {
	for _, name := range []string{"period", "from", "to", "line", "channel", "operator"} {
		if text := f.Errors[name]; text != "" {
			return fault.New(fault.Invalid, "INVALID_FILTER", text).At(name)
		}
	}
	return nil
}

// exportConversations sends a row for each conversation of the filters.
func (h pages) exportConversations(ctx context.Context, r *web.Request) (web.Result, error) {
	f, q, err := h.filter(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := f.wrong(); err != nil {
		return nil, err
	}
	return web.Download{Name: f.name("conversations"), Type: "text/csv; charset=utf-8", Write: func(w io.Writer) error {
		out := newCSV(w)
		if err := out.Write(conversationHead); err != nil {
			return err
		}
		err := h.Stats.Each(ctx, q, func(list []stat.Conversation) error { return h.writeConversations(ctx, out, &f, list) })
		if err != nil {
			return err
		}
		out.Flush()
		return out.Error()
	}}, nil
}

// newCSV writes lines as RFC 4180 wants them.
func newCSV(w io.Writer) *csv.Writer {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	return out
}

func (f *filters) name(what string) string {
	const layout = "2006-01-02"
	return what + "-" + f.days[0].Format(layout) + "-" + f.days[len(f.days)-1].Format(layout) + ".csv"
}

func (h pages) writeConversations(ctx context.Context, out *csv.Writer, f *filters, list []stat.Conversation) error {
	var ids []int64
	for _, c := range list {
		ids = append(ids, c.ClientID, c.OperatorID)
	}
	who, err := h.Desk.People(ctx, ids)
	if err != nil {
		return err
	}
	for _, c := range list {
		category := ""
		if c.CategoryID != 0 {
			category = f.category(c.CategoryID)
		}
		err := out.Write([]string{
			digits(c.ID), digits(c.LineID), web.Cell(f.line(c.LineID)), web.Cell(c.Connector), digits(c.ChatID), digits(c.ClientID), web.Cell(who[c.ClientID].Name),
			c.State, outcome(c), some(c.OperatorID), web.Cell(who[c.OperatorID].Name), some(c.ParentID),
			stamp(c.Created), stamp(c.Queued), stamp(c.Taken), stamp(c.Answered), stamp(c.Closed), between(c.Queued, c.Taken), between(c.Queued, c.Answered),
			digits(c.ClientCount), digits(c.OperatorCount), digits(c.BotCount), []string{"", "good", "bad"}[min(max(c.Vote, 0), 2)], some(c.HeadVote), web.Cell(c.HeadComment), some(c.CategoryID), web.Cell(category),
		})
		if err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// outcome says what became of a conversation, as the page counts it.
func outcome(c stat.Conversation) string {
	switch {
	case c.State == "spam":
		return "spam"
	case !c.Answered.IsZero():
		return "answered"
	case c.State != "closed":
		return "open"
	case c.Queued.IsZero():
		return "bot"
	}
	return "missed"
}

func some(n int64) string {
	if n == 0 {
		return ""
	}
	return digits(n)
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func between(from, to time.Time) string {
	if from.IsZero() || to.IsZero() {
		return ""
	}
	return strconv.FormatInt(int64(max(to.Sub(from), 0)/time.Second), 10)
}

// exportNumbers sends what a chart or a table of the page shows.
func (h pages) exportNumbers(ctx context.Context, r *web.Request) (web.Result, error) {
	f, q, err := h.filter(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := f.wrong(); err != nil {
		return nil, err
	}
	of := r.FormValue("of")
	report, err := h.Stats.Report(ctx, q)
	if err != nil {
		return nil, err
	}
	v := view{Filters: f}
	if err := h.fill(ctx, &v, report); err != nil {
		return nil, err
	}
	var rows [][]string
	switch of {
	case "days":
		rows = rowsOf(byDay(f.days, report.Hours))
	case "hours":
		rows = rowsOf(byHour(report.Hours, r.Viewer.Zone()))
	case "load":
		rows = rowsOf(byLoad(report.Hours, r.Viewer.Zone(), passed(f.days, r.Now)))
	case "operators":
		rows = v.operatorRows()
	case "lines":
		rows = v.lineRows()
	case "categories":
		rows = v.topicRows()
	default:
		return nil, fault.New(fault.Invalid, "INVALID_NUMBERS", "Export days, hours, load, operators, lines or categories.").At("of")
	}
	return web.Download{Name: f.name(of), Type: "text/csv; charset=utf-8", Write: func(w io.Writer) error {
		return newCSV(w).WriteAll(rows)
	}}, nil
}

func rowsOf(c *chart) [][]string { return append([][]string{c.Head}, c.Rows...) }

// numberHead are the columns of numbersRow.
var numberHead = []string{
	"Conversations", "Answered", "Missed", "First answer, median", "First answer, 90 %", "Further answer, median", "Further answer, 90 %", "In time", "Good / bad", "Supervisors",
}

func (n numbersRow) cells() []string {
	none := func(text string) string { return strings.TrimPrefix(text, "–") }
	return []string{
		digits(n.Began), digits(n.Answered), digits(n.Missed), none(n.First), none(n.FirstSlow), none(n.Further), none(n.FurtherSlow), none(n.OnTime), none(n.Likes), none(n.Head),
	}
}

func (v *view) operatorRows() [][]string {
	rows := [][]string{append(append([]string{"Operator"}, numberHead...), "At once", "At most")}
	for _, o := range v.Rows {
		rows = append(rows, append(append([]string{web.Cell(o.Name)}, o.cells()...), strings.TrimPrefix(o.AtOnce, "–"), strings.TrimPrefix(o.Peak, "–")))
	}
	return rows
}

func (v *view) lineRows() [][]string {
	rows := [][]string{append([]string{"Line", "Channel"}, numberHead...)}
	for _, l := range v.Lines {
		rows = append(rows, append([]string{web.Cell(l.Line), web.Cell(l.Channel)}, l.cells()...))
	}
	return rows
}

func (v *view) topicRows() [][]string {
	rows := [][]string{{"Category", "Conversations", "Share", "Answered", "Missed", "Good / bad"}}
	for _, t := range v.Topics {
		rows = append(rows, []string{web.Cell(t.Name), digits(t.Began), t.Share, digits(t.Answered), digits(t.Missed), strings.TrimPrefix(t.Likes, "–")})
	}
	return rows
}
