// Approves the tasks of a shot, as a web tool of a studio would: node approve.js SHOT_ID
import { Session, operation } from "@ftrack/api";

const session = new Session(process.env.FTRACK_SERVER, process.env.FTRACK_API_USER, process.env.FTRACK_API_KEY);
await session.initializing;

const [shotId] = process.argv.slice(2);
const { data: tasks } = await session.query(`select name from Task where parent_id is "${shotId}"`);
const { data: [approved] } = await session.query('select id from Status where name is "Approved"');
await session.call(tasks.map((task) => operation.update("Task", [task.id], { status_id: approved.id })));
console.log(`${tasks.length} tasks approved`);
