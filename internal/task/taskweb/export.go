package taskweb

import (
	"context"
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// exportHead are the columns of an export.
var exportHead = []string{
	"Number", "Title", "Status", "Priority", "Deadline", "Responsible", "Created by", "Tags", "Created", "Changed", "Completed", "Planned start", "Planned end", "Estimate, hours",
}

// export sends all tasks of a list as CSV, a page after the other.
func (h pages) export(ctx context.Context, r *web.Request) (web.Result, error) {
	owner, err := h.owner(ctx, r)
	if err != nil {
		return nil, err
	}
	q := readQuery(owner.ID, r.URL.Query())
	o, err := h.overview(ctx, r, &q)
	if err != nil {
		return nil, err
	}
	o.After, o.Limit = "", 500
	first, err := h.tasks.Overview(ctx, actor(r.Viewer), o) // what is wrong shows as a page, not as a broken file
	if err != nil {
		return nil, err
	}
	write := func(w io.Writer) error {
		out := csv.NewWriter(w)
		_, _ = io.WriteString(w, "\ufeff") // spreadsheets take it for UTF-8 then
		if err := out.Write(exportHead); err != nil {
			return err
		}
		for page := first; ; {
			if err := h.exportPage(ctx, r, out, page.Tasks); err != nil {
				return err
			}
			if page.Next == "" {
				out.Flush()
				return out.Error()
			}
			o.After = page.Next
			if page, err = h.tasks.Overview(ctx, actor(r.Viewer), o); err != nil {
				return err
			}
		}
	}
	return web.Download{Name: "tasks-" + localNow(r).Format(time.DateOnly) + ".csv", Type: "text/csv; charset=utf-8", Write: write}, nil
}

func (h pages) exportPage(ctx context.Context, r *web.Request, out *csv.Writer, tasks []task.Task) error {
	rows, err := h.rows(ctx, r, r.Viewer.ID, tasks)
	if err != nil {
		return err
	}
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(r.Viewer.Zone()).Format("2006-01-02 15:04")
	}
	for _, t := range rows {
		estimate := ""
		if t.TimeEstimate > 0 {
			estimate = strconv.FormatFloat(t.TimeEstimate.Hours(), 'f', 2, 64)
		}
		err := out.Write([]string{
			strconv.FormatInt(t.ID, 10), harmless(t.Title), t.Status.Text, priorityNames[t.Priority], at(t.Deadline), harmless(t.Responsible.Name),
			harmless(t.Creator.Name), harmless(strings.Join(t.Tags, ", ")), at(t.Created), at(t.Changed), at(t.Closed), at(t.StartPlan), at(t.EndPlan), estimate,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

var priorityNames = map[task.Priority]string{task.Low: "Low", task.Medium: "Normal", task.High: "High"}

// harmless keeps a spreadsheet from taking a text for a formula.
func harmless(text string) string { return web.Cell(user.CleanText(text, 4000)) }
