package partrest

import (
	"context"
	"errors"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task/stage"
	"github.com/portico-hq/portico/internal/user"
)

const stagePages = "api-reference/tasks/stages/task-stages-"

func (h handlers) registerStage(r *rest.Registry) {
	r.Add(
		rest.M("task.stages.add", "task", rest.Everyone, "Adds a stage to a board.", h.stageAdd, rest.Doc(stagePages+"add.md")),
		rest.M("task.stages.update", "task", rest.Everyone, "Changes a stage.", h.stageUpdate, rest.Doc(stagePages+"update.md")),
		rest.M("task.stages.get", "task", rest.Everyone, "Answers the stages of a board.", h.stageGet, rest.Doc(stagePages+"get.md")),
		rest.M("task.stages.delete", "task", rest.Everyone, "Removes a stage.", h.stageDelete, rest.Doc(stagePages+"delete.md")),
		rest.M("task.stages.canmovetask", "task", rest.Everyone, "Tells whether the caller may move tasks on a board.", h.stageMay,
			rest.Doc(stagePages+"can-move-task.md")),
		rest.M("task.stages.movetask", "task", rest.Everyone, "Moves a task into a stage.", h.stageMove, rest.Doc(stagePages+"move-task.md")),
		rest.M("task.planner.getlist", "task", rest.Everyone, "Lists what the caller has planned.", h.planned,
			rest.Doc("api-reference/tasks/planner/task-planner-get-list.md")),
	)
}

// keeper is who changes a board: administrators only with isAdmin as more than everybody.
func keeper(c *rest.Call, asAdmin bool) user.Ref {
	a := actor(c)
	a.Admin = a.Admin && asAdmin
	return a
}

// boardOf is the board of a group, or with 0 the caller's own plan.
func boardOf(c *rest.Call, entityID int64) stage.Board {
	if entityID == 0 {
		return stage.Board{Kind: stage.OfUser, OwnerID: c.UserID}
	}
	return stage.Board{Kind: stage.OfGroup, OwnerID: entityID}
}

type stageAddParams struct {
	Fields struct {
		Title    string `b24:"TITLE,needed"`
		Color    string `b24:"COLOR"`
		AfterID  int64  `b24:"AFTER_ID"`
		EntityID int64  `b24:"ENTITY_ID"`
	} `b24:"fields,required"`
	IsAdmin bool `b24:"isAdmin"`
}

func (h handlers) stageAdd(ctx context.Context, c *rest.Call, p stageAddParams) (int64, error) {
	st := stage.Stage{Board: boardOf(c, p.Fields.EntityID), Title: p.Fields.Title, Color: p.Fields.Color}
	st, err := h.Stages.Add(ctx, keeper(c, p.IsAdmin), st, p.Fields.AfterID)
	return st.ID, err
}

type stageUpdateParams struct {
	ID     int64 `b24:"id,required"`
	Fields struct {
		Title   *string `b24:"TITLE"`
		Color   *string `b24:"COLOR"`
		AfterID *int64  `b24:"AFTER_ID"`
	} `b24:"fields,required"`
	IsAdmin bool `b24:"isAdmin"`
}

func (h handlers) stageUpdate(ctx context.Context, c *rest.Call, p stageUpdateParams) (bool, error) {
	err := h.Stages.Update(ctx, keeper(c, p.IsAdmin), p.ID, stage.Change{Title: p.Fields.Title, Color: p.Fields.Color, After: p.Fields.AfterID})
	return err == nil, manageFault(err, "You cannot modify stages in this group")
}

// manageFault words that the caller may not manage a board as the page of the method does.
func manageFault(err error, text string) error {
	if errors.Is(err, stage.ErrManage) {
		return fault.New(fault.Invalid, stage.ErrManage.Code, text)
	}
	return err
}

type stageGetParams struct {
	EntityID int64 `b24:"entityId,required"`
	IsAdmin  bool  `b24:"isAdmin"`
}

func (h handlers) stageGet(ctx context.Context, c *rest.Call, p stageGetParams) (out phpform.Value, err error) {
	list, err := h.Stages.Stages(ctx, keeper(c, p.IsAdmin), boardOf(c, p.EntityID))
	if err != nil {
		return out, err
	}
	var all object
	for _, st := range list {
		var o object
		o.set("ID", idText(st.ID)).str("TITLE", st.Title).set("SORT", idText(st.Sort)).str("COLOR", st.Color)
		if st.System == "" {
			o.set("SYSTEM_TYPE", phpform.NullValue())
		} else {
			o.str("SYSTEM_TYPE", st.System)
		}
		o.set("ENTITY_ID", idText(st.Board.OwnerID)).str("ENTITY_TYPE", string(st.Board.Kind))
		o.set("ADDITIONAL_FILTER", phpform.ListOf()).set("TO_UPDATE", phpform.ListOf()).set("TO_UPDATE_ACCESS", phpform.NullValue())
		all.set(idText(st.ID).Text(), o.value())
	}
	return all.value(), nil
}

type stageDeleteParams struct {
	ID      int64 `b24:"id,required"`
	IsAdmin bool  `b24:"isAdmin"`
}

func (h handlers) stageDelete(ctx context.Context, c *rest.Call, p stageDeleteParams) (bool, error) {
	err := h.Stages.Delete(ctx, keeper(c, p.IsAdmin), p.ID)
	return err == nil, manageFault(err, "You cannot manage stages")
}

type stageMayParams struct {
	EntityID   int64  `b24:"entityId,required"`
	EntityType string `b24:"entityType,required"`
}

func (h handlers) stageMay(ctx context.Context, c *rest.Call, p stageMayParams) (bool, error) {
	kind := stage.Kind(strings.ToUpper(p.EntityType))
	if kind != stage.OfUser && kind != stage.OfGroup {
		return false, nil
	}
	return h.Stages.May(ctx, actor(c), stage.Board{Kind: kind, OwnerID: p.EntityID})
}

type stageMoveParams struct {
	ID      int64 `b24:"id,required"`
	StageID int64 `b24:"stageId,required"`
	Before  int64 `b24:"before"`
	After   int64 `b24:"after"`
}

func (h handlers) stageMove(ctx context.Context, c *rest.Call, p stageMoveParams) (bool, error) {
	err := h.Stages.Move(ctx, actor(c), stage.Move{TaskID: p.ID, StageID: p.StageID, Before: p.Before, After: p.After})
	return err == nil, err
}

func (h handlers) planned(ctx context.Context, c *rest.Call, _ rest.None) ([]int64, error) {
	return h.Stages.Planned(ctx, actor(c))
}
