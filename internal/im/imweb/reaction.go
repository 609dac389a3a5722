package imweb

import (
	"context"
	"strconv"

	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/web"
)

// faces are the reactions as emoji, by their codes.
var faces = map[string]string{
	"like": "👍", "dislike": "👎", "faceWithTearsOfJoy": "😂", "redHeart": "❤️", "neutralFace": "😐", "fire": "🔥", "cry": "😢",
	"slightlySmilingFace": "🙂", "winkingFace": "😉", "laugh": "😆", "kiss": "😘", "wonder": "😮", "slightlyFrowningFace": "🙁",
	"loudlyCryingFace": "😭", "faceWithStuckOutTongue": "😛", "faceWithStuckOutTongueAndWinkingEye": "😜",
	"smilingFaceWithSunglasses": "😎", "confusedFace": "😕", "flushedFace": "😳", "thinkingFace": "🤔", "angry": "😠",
	"smilingFaceWithHorns": "😈", "faceWithThermometer": "🤒", "facepalm": "🤦", "poo": "💩", "flexedBiceps": "💪",
	"clappingHands": "👏", "raisedHand": "✋", "smilingFaceWithHeartEyes": "😍", "smilingFaceWithHearts": "🥰", "pleadingFace": "🥺",
	"relievedFace": "😌", "foldedHands": "🙏", "okHand": "👌", "signHorns": "🤘", "loveYouGesture": "🤟", "clownFace": "🤡",
	"partyingFace": "🥳", "questionMark": "❓", "exclamationMark": "❗", "lightBulb": "💡", "bomb": "💣", "sleepingSymbol": "💤",
	"crossMark": "❌", "whiteHeavyCheckMark": "✅", "eyes": "👀", "handshake": "🤝", "hundredPoints": "💯",
}

// usual are the reactions that the menu of a message offers first.
var usual = []string{"like", "redHeart", "faceWithTearsOfJoy", "wonder", "cry", "clappingHands"}

// shownReactors is how many of those who reacted a reaction names under the pointer.
const shownReactors = 8

// choice is a reaction to choose.
type choice struct{ Code, Emoji string }

func choices(codes []string) []choice {
	out := make([]choice, 0, len(codes))
	for _, c := range codes {
		if faces[c] != "" {
			out = append(out, choice{c, faces[c]})
		}
	}
	return out
}

// Usual returns the reactions that a menu offers first, Choices all.
func (messenger) Usual() []choice { return choices(usual) }

// Choices returns all reactions.
func (messenger) Choices() []choice { return choices(im.Reactions()) }

// reaction is one kind of reaction to a message, with who reacted so.
type reaction struct {
	choice

	Count int64
	Mine  bool
	Names string // "Ben, Cleo and 3 more"
}

func (p *people) reactions(m im.Message) []reaction {
	out := make([]reaction, 0, len(m.Reactions))
	for _, r := range m.Reactions {
		if faces[r.Code] == "" {
			continue
		}
		v := reaction{choice: choice{r.Code, faces[r.Code]}, Count: r.Count, Mine: r.Mine}
		ids := r.UserIDs[:min(len(r.UserIDs), shownReactors)]
		for i, id := range ids {
			if i > 0 {
				v.Names += ", "
			}
			v.Names += p.get(id).Name
		}
		if more := r.Count - int64(len(ids)); more > 0 {
			v.Names += " and " + strconv.FormatInt(more, 10) + " more"
		}
		out = append(out, v)
	}
	return out
}

// react sets a reaction of the viewer's to a message, or takes it back: on=0.
func (h pages) react(ctx context.Context, r *web.Request) (web.Result, error) {
	id := r.Int("message", 0)
	if _, err := h.im.React(ctx, r.Viewer.ID, id, r.FormValue("code"), r.FormValue("on") != "0"); err != nil {
		return h.refused(ctx, r, id, words(err))
	}
	return h.changed(ctx, r, id)
}

// reactorsView is who reacted to a message.
type reactorsView struct {
	ID   int64
	Kind []reactors
}

// reactors are those who reacted in one way.
type reactors struct {
	choice

	Count  int64
	People []person
	More   int64
}

// reactorsPage shows /online/reactions/{id}.
func (h pages) reactorsPage(ctx context.Context, r *web.Request) (web.Page, error) {
	id, err := r.PathID("id")
	if err != nil {
		return web.Page{}, err
	}
	m, c, err := h.im.Message(ctx, r.Viewer.ID, id)
	if err != nil {
		return web.Page{}, words(err)
	}
	p := h.people(ctx, r)
	v := reactorsView{ID: m.ID}
	for _, re := range m.Reactions {
		ids, err := h.im.Reactors(ctx, r.Viewer.ID, id, re.Code, 0, 200)
		if err != nil {
			return web.Page{}, err
		}
		if err := p.load(ids...); err != nil {
			return web.Page{}, err
		}
		kind := reactors{choice: choice{re.Code, faces[re.Code]}, Count: re.Count, More: re.Count - int64(len(ids))}
		for _, who := range ids {
			kind.People = append(kind.People, p.get(who))
		}
		v.Kind = append(v.Kind, kind)
	}
	return web.Page{
		Title: "Reactions", Section: "messenger", Template: "im/reactors", Body: v, Layout: web.Narrow, Slider: true,
		Behind: dialogURL(c.DialogID(r.Viewer.ID)), Styles: []string{"im/im.css"},
	}, p.failed
}
