package taskrest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/dto"
	"github.com/portico-hq/portico/internal/task/template"
	"github.com/portico-hq/portico/internal/user"
)

// replicateEntity says how a template repeats (api-reference/tasks/fields-rest-v3.md#template-replicate-params).
var replicateEntity = &dto.Entity{Name: "TemplateReplicateParamsDto", Fields: fieldsV3(dto.String, "period", "everyDay", "workdayOnly", "dailyMonthInterval",
	"everyWeek", "monthlyType", "monthlyDayNum", "monthlyMonthNum1", "monthlyWeekDayNum", "monthlyWeekDay", "monthlyMonthNum2", "yearlyType", "yearlyDayNum",
	"yearlyMonth1", "yearlyWeekDayNum", "yearlyWeekDay", "yearlyMonth2", "time", "timezoneOffset", "startDate", "repeatTill", "endDate", "times")}

// templateOwn are the fields of a template that lead to no other one.
var templateOwn = slices.Concat(
	fieldsV3(dto.Int, "id"), relatedV3(parentEntity, "task"), fieldsV3(dto.String, "title", "description"), relatedV3(userEntity, "creator"),
	fieldsV3(dto.List, "responsibleCollection"), fieldsV3(dto.Int, "deadlineAfterTs", "startDatePlanTs", "endDatePlanTs"), fieldsV3(dto.Bool, "replicate"),
	fieldsV3(dto.List, "checklist"), relatedV3(groupEntity, "group"), fieldsV3(dto.String, "priority"), fieldsV3(dto.List, "accomplices", "auditors"),
)

// templateEntity is the template of which a task was made (api-reference/tasks/fields-rest-v3.md#template).
var templateEntity = &dto.Entity{Name: "TemplateDto", Fields: slices.Concat(
	templateOwn, relatedV3(&dto.Entity{Name: "TemplateDto", Fields: slices.Concat(templateOwn, relatedV3(replicateEntity, "replicateParams"))}, "parent"),
	relatedV3(replicateEntity, "replicateParams"),
)}

// elapsedEntity is a record of the time spent on a task (api-reference/tasks/fields-rest-v3.md#elapsed-time).
var elapsedEntity = &dto.Entity{Name: "ElapsedTimeDto", Fields: slices.Concat(
	fieldsV3(dto.Int, "id", "userId", "taskId", "minutes", "seconds"), fieldsV3(dto.String, "source", "text"), fieldsV3(dto.Int, "createdAtTs", "startTs", "stopTs"),
)}

// templatesV3 are the templates of which tasks were made, those above them, and what belongs to both.
type templatesV3 struct {
	byID   map[int64]template.Template
	people map[int64]user.User
	items  map[int64][]int64 // of their checklists
}

// templatesV3 reads the templates of which tasks were made.
func (h handlers) templatesV3(ctx context.Context, w *writerV3, s dto.Selection, ids []int64) (err error) {
	i := slices.IndexFunc(s, func(sel dto.Selected) bool { return sel.Field.Related == templateEntity })
	if h.Templates == nil || i < 0 {
		return nil
	}
	chosen, list := s[i].Sub, &w.templates
	if list.byID, err = h.Templates.Many(ctx, actor(w.call), ids); err != nil {
		return err
	}
	if i := slices.IndexFunc(chosen, func(sel dto.Selected) bool { return sel.Field.Name == "parent" }); i >= 0 {
		var above []int64
		for _, t := range list.byID {
			above = append(above, t.BaseID)
		}
		parents, err := h.Templates.Many(ctx, actor(w.call), above)
		if err != nil {
			return err
		}
		maps.Copy(list.byID, parents)
		chosen = slices.Concat(chosen, chosen[i].Sub)
	}
	var creators, all []int64
	for _, t := range list.byID {
		creators, all = append(creators, t.CreatedBy), append(all, t.ID)
	}
	if chosen.Has("creator") {
		if list.people, err = h.users.Many(ctx, creators); err != nil {
			return err
		}
	}
	if chosen.Has("checklist") {
		list.items, err = h.Templates.Checklists().IDs(ctx, all)
	}
	return err
}

// template returns what was selected of a template; nil where the caller does not see it, or it is gone.
func (w *writerV3) template(s dto.Selection, id int64) any {
	x, ok := w.templates.byID[id]
	if !ok {
		return nil
	}
	return s.Object(func(sel dto.Selected) any {
		switch sel.Field.Name {
		case "creator":
			if u, ok := w.templates.people[x.CreatedBy]; ok {
				return w.user(sel.Sub, u)
			}
			return nil
		case "checklist":
			return known(w.templates.items[x.ID])
		case "parent":
			return w.template(sel.Sub, x.BaseID)
		case "replicateParams":
			if x.Schedule == nil {
				return nil
			}
			values := replicateV3(*x.Schedule, w.zone)
			return sel.Sub.Object(func(sel dto.Selected) any { return values[sel.Field.Name] })
		}
		return templateV3(sel.Field.Name, x)
	})
}

// templateV3 returns a field that is in the template as it is; nil for a task of which the template was made, and for a project.
func templateV3(name string, x template.Template) any {
	after := func(d *time.Duration) any {
		if d == nil {
			return nil
		}
		return int64(*d / time.Second)
	}
	return map[string]any{
		"id": x.ID, "title": x.Title, "description": x.Description, "responsibleCollection": known(x.Responsibles), "deadlineAfterTs": after(x.DeadlineAfter),
		"startDatePlanTs": after(x.StartAfter), "endDatePlanTs": after(x.EndAfter), "replicate": x.Replicate, "priority": prioritiesV3[x.Priority],
		"accomplices": known(x.Accomplices), "auditors": known(x.Auditors),
	}[name]
}

// replicateV3 writes a schedule: all its values are texts, and those that its period does not know are missing. Months and days of the
// week count from 0, as in the methods of templates.
func replicateV3(s template.Schedule, zone *time.Location) map[string]any {
	n := func(i int) any { return strconv.Itoa(i) }
	yes, kind := "N", 1
	if s.WorkdaysOnly {
		yes = "Y"
	}
	if s.ByWeekday {
		kind = 2
	}
	out := map[string]any{
		"period": string(s.Period), "time": fmt.Sprintf("%02d:%02d", s.Minute/60, s.Minute%60), "startDate": isoV3(s.Start, zone),
		"repeatTill": string(s.Till), "endDate": isoV3(s.End, zone), "times": strconv.FormatInt(s.Times, 10),
	}
	switch s.Period {
	case template.Daily:
		out["everyDay"], out["workdayOnly"], out["dailyMonthInterval"] = n(s.EveryDay), yes, n(s.MonthInterval)
	case template.Weekly:
		out["everyWeek"] = n(s.EveryWeek)
	case template.Monthly:
		out["monthlyType"], out["monthlyDayNum"], out["monthlyMonthNum1"] = n(kind), n(s.Day), n(s.EveryMonth)
		out["monthlyWeekDayNum"], out["monthlyWeekDay"], out["monthlyMonthNum2"] = n(s.Week), n(s.Weekday-1), n(s.EveryMonth)
	case template.Yearly:
		out["yearlyType"], out["yearlyDayNum"], out["yearlyMonth1"] = n(kind), n(s.Day), n(s.Month-1)
		out["yearlyWeekDayNum"], out["yearlyWeekDay"], out["yearlyMonth2"] = n(s.Week), n(s.Weekday-1), n(s.Month-1)
	}
	return out
}

// record returns what was selected of the newest record of the time spent on a task; nil where there is none. Its source is the number
// that the methods of such records know.
func (w *writerV3) record(s dto.Selection, taskID int64) any {
	r, ok := w.elapsed[taskID]
	if !ok {
		return nil
	}
	return s.Object(func(sel dto.Selected) any {
		return map[string]any{
			"id": r.ID, "userId": r.UserID, "taskId": r.TaskID, "minutes": int64(r.Spent / time.Minute), "seconds": int64(r.Spent / time.Second),
			"source": strconv.FormatInt(int64(r.Source), 10), "text": r.Comment, "createdAtTs": r.Created.Unix(), "startTs": r.Started.Unix(), "stopTs": r.Stopped.Unix(),
		}[sel.Field.Name]
	})
}
