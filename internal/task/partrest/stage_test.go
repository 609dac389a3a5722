package partrest_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/stage"
	"github.com/portico-hq/portico/internal/user"
)

// column are the tasks of a stage.
func (b *bench) column(as, id int64) string {
	b.t.Helper()
	c, err := b.config.Stages.Column(b.t.Context(), user.Ref{ID: as}, id, 0, 0)
	if err != nil {
		b.t.Fatal(err)
	}
	if c.Total != int64(len(c.TaskIDs)) {
		b.t.Errorf("%d tasks of %d", len(c.TaskIDs), c.Total)
	}
	return fmt.Sprint(c.TaskIDs)
}

func TestStagesOfMyPlan(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		one := func(id, title, sort, color, system string) string {
			return `"` + id + `":{"ID":"` + id + `","TITLE":"` + title + `","SORT":"` + sort + `","COLOR":"` + color + `","SYSTEM_TYPE":` + system +
				`,"ENTITY_ID":"2","ENTITY_TYPE":"U","ADDITIONAL_FILTER":[],"TO_UPDATE":[],"TO_UPDATE_ACCESS":null}`
		}
		first, week := one("1", "Not planned", "100", "00C4FB", `"NEW"`), one("2", "I will do it this week", "200", "47D1E2", "null")
		b.want(ben, "task.stages.get", `{"entityId":0}`, `{`+first+`,`+week+`}`)
		b.want(ben, "task.stages.add", `{"fields":{"TITLE":"Later","COLOR":"#ffaaee","AFTER_ID":2}}`, `3`)
		b.want(ben, "task.stages.update", `{"id":3,"fields":{"TITLE":"Some day","AFTER_ID":1}}`, `true`)
		b.want(ben, "task.stages.get", `{"entityId":0}`, `{`+first+`,`+one("3", "Some day", "200", "FFAAEE", "null")+`,`+one("2", "I will do it this week", "300", "47D1E2", "null")+`}`)
		second := b.newTask("Paint")
		id := func(n int64) string { return strconv.FormatInt(n, 10) }
		b.take()
		b.want(ben, "task.stages.movetask", `{"id":$task,"stageId":3}`, `true`)
		b.want(ben, "task.stages.movetask", `{"id":`+id(second)+`,"stageId":3,"before":$task}`, `true`)
		if got := b.column(ben, 3); got != fmt.Sprintf("[%d %d]", second, b.task) {
			t.Errorf("column %s", got)
		}
		b.want(ben, "task.stages.movetask", `{"id":`+id(second)+`,"stageId":3,"after":$task}`, `true`)
		b.want(ben, "task.planner.getlist", `{}`, fmt.Sprintf("[%d,%d]", b.task, second))
		b.want(anna, "task.planner.getlist", `{}`, `[]`)
		b.want(ben, "task.stages.canmovetask", `{"entityId":2,"entityType":"U"}`, `true`)
		b.want(root, "task.stages.canmovetask", `{"entityId":2,"entityType":"U"}`, `false`)
		b.want(ben, "task.stages.delete", `{"id":3}`, `true`)
		if got := b.column(ben, 1); got != fmt.Sprintf("[%d %d]", second, b.task) {
			t.Errorf("the first stage takes them: %s", got)
		}
		if events := b.take(); len(events) != 0 {
			t.Errorf("events %q", events)
		}
	})
}

func TestStagesOfAGroup(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		group := int64(7)
		if _, err := b.tasks.Update(t.Context(), user.Ref{ID: anna}, b.task, task.Change{GroupID: &group}); err != nil {
			t.Fatal(err)
		}
		b.take()
		got := b.call(dan, "task.stages.get", `{"entityId":7}`)
		if !strings.Contains(got, `"3":{"ID":"3","TITLE":"Done","SORT":"300","COLOR":"75D900","SYSTEM_TYPE":"FINISH","ENTITY_ID":"7","ENTITY_TYPE":"G"`) {
			t.Errorf("%s", got)
		}
		b.want(dan, "task.stages.movetask", `{"id":$task,"stageId":2}`, `true`)
		if events := b.take(); len(events) != 1 || !strings.HasPrefix(events[0], "ONTASKUPDATE 4 ") {
			t.Errorf("events %q", events)
		}
		x, err := b.tasks.Get(t.Context(), user.Ref{ID: anna}, b.task)
		if err != nil || x.StageID != 2 {
			t.Errorf("%+v %v", x, err)
		}
		b.want(dan, "task.stages.canmovetask", `{"entityId":7,"entityType":"G"}`, `true`)
		b.want(eve, "task.stages.canmovetask", `{"entityId":7,"entityType":"G"}`, `false`)
		b.refused(eve, "task.stages.get", `{"entityId":7}`, "ACCESS_DENIED", "You cannot view stages in this group")
		b.refused(root, "task.stages.get", `{"entityId":7}`, "ACCESS_DENIED", "You cannot view stages in this group")
		b.call(root, "task.stages.get", `{"entityId":7,"isAdmin":true}`)
	})
}

func TestStageFaults(t *testing.T) {
	run(t, func(_ *testing.T, b *bench) {
		b.call(ben, "task.stages.get", `{"entityId":0}`)
		b.call(anna, "task.stages.get", `{"entityId":0}`) // 3 and 4
		b.refused(ben, "task.stages.add", `{"fields":{"TITLE":" ","COLOR":"FFFFFF"}}`, "EMPTY_TITLE", "Stage title is not specified")
		b.refused(ben, "task.stages.add", `{"fields":{"TITLE":"x","ENTITY_ID":5}}`, "ACCESS_DENIED", "You do not have permission to manage stages")
		b.refused(ben, "task.stages.add", `{"fields":{"TITLE":"x","COLOR":"red"}}`, "ERROR_ARGUMENT", "A colour is six digits in hex")
		b.refused(ben, "task.stages.update", `{"id":3,"fields":{"TITLE":"x"}}`, "ACCESS_DENIED", "You cannot modify stages in this group")
		b.refused(root, "task.stages.update", `{"id":3,"fields":{"TITLE":"x"},"isAdmin":true}`, "ACCESS_DENIED", "You cannot modify stages in this group")
		b.refused(ben, "task.stages.update", `{"id":99,"fields":{"TITLE":"x"}}`, "NOT_FOUND", "Stage not found")
		b.refused(ben, "task.stages.delete", `{"id":99}`, "NOT_FOUND", "Stage not found")
		b.refused(ben, "task.stages.delete", `{"id":4}`, "ACCESS_DENIED", "You cannot manage stages")
		b.refused(ben, "task.stages.delete", `{"id":1}`, "CANT_DELETE_FIRST", "Cannot delete the first stage. Move the stage to delete it")
		b.call(ben, "task.stages.update", `{"id":1,"fields":{"AFTER_ID":2}}`)
		b.refused(ben, "task.stages.delete", `{"id":1}`, "IS_SYSTEM", "The default stage cannot be deleted")
		b.refused(ben, "task.stages.movetask", `{"id":99,"stageId":2}`, "TASK_NOT_FOUND", "Task not found or access to it is denied")
		b.refused(ben, "task.stages.movetask", `{"id":$task,"stageId":99}`, "NOT_FOUND", "Stage not found")
		b.refused(ben, "task.stages.movetask", `{"id":$task,"stageId":4}`, "ACCESS_DENIED_MOVE", "You cannot move this task")
		b.refused(ben, "task.stages.movetask", `{"id":$task,"stageId":2,"before":99}`, "ACCESS_DENIED_MOVE", "You cannot move this task")
	})
}

func TestThereIsRoomInAColumn(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		ctx, me := t.Context(), user.Ref{ID: ben}
		list, err := b.config.Stages.Stages(ctx, me, stage.Board{Kind: stage.OfUser, OwnerID: ben})
		if err != nil {
			t.Fatal(err)
		}
		other, week := b.newTask("Other"), list[1].ID
		for range 20 { // each time into the same gap, which halves
			for _, id := range []int64{b.task, other} {
				beside := b.task + other - id
				if err := b.config.Stages.Move(ctx, me, stage.Move{TaskID: id, StageID: week, After: afterOrNone(b, week, beside)}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got := b.column(ben, week); got != fmt.Sprintf("[%d %d]", b.task, other) {
			t.Errorf("column %s", got)
		}
	})
}

// afterOrNone is the task beside where it is in the stage.
func afterOrNone(b *bench, stageID, beside int64) int64 {
	if strings.Contains(b.column(ben, stageID), strconv.FormatInt(beside, 10)) {
		return beside
	}
	return 0
}
