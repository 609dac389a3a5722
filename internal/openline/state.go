package openline

// State is where a conversation stands.
type State string

// The states of a conversation.
const (
	StateBot     State = "bot"     // a bot answers
	StateWaiting State = "waiting" // in the queue, and no operator has it
	StateOffered State = "offered" // given to an operator or to all, and nobody has taken it
	StateActive  State = "active"  // an operator answers
	StateClosing State = "closing" // the operator is done; the client may rate it, or write again
	StateClosed  State = "closed"
	StateSpam    State = "spam"
)

// Open reports whether the conversation goes on: what the client writes belongs to it.
func (s State) Open() bool { return s != StateClosed && s != StateSpam && s != "" }

// Move is what happens to a conversation.
type Move string

// The moves.
const (
	MoveQueue  Move = "queue"  // it comes into the queue, or back to it
	MoveOffer  Move = "offer"  // operators are asked
	MoveTake   Move = "take"   // an operator answers
	MoveBot    Move = "bot"    // a bot leads it
	MoveFinish Move = "finish" // an operator, a bot or the time ends it; the client may still say something
	MoveClose  Move = "close"  // it is over
	MoveSpam   Move = "spam"   // it is over, and the client is not heard any more
)

// goingOn is where the moves lead while the conversation goes on, whoever has it.
var goingOn = map[Move]State{
	MoveQueue: StateWaiting, MoveOffer: StateOffered, MoveTake: StateActive, MoveBot: StateBot,
	MoveFinish: StateClosing, MoveClose: StateClosed, MoveSpam: StateSpam,
}

// moves says where each move leads from each state. What is not here cannot happen.
var moves = map[State]map[Move]State{
	StateBot: goingOn, StateWaiting: goingOn, StateOffered: goingOn, StateActive: goingOn,
	StateClosing: {MoveQueue: StateWaiting, MoveTake: StateActive, MoveClose: StateClosed, MoveSpam: StateSpam},
	StateClosed:  {MoveQueue: StateWaiting, MoveTake: StateActive},
	StateSpam:    {MoveClose: StateClosed}, // the verdict is taken back
}

// After returns where a move leads from s, and whether it can happen there.
func (s State) After(m Move) (State, bool) {
	to, ok := moves[s][m]
	return to, ok
}
