/** Preference pairs between people: a suggestion that one accepted and another that somebody else rejected at the same place. */
import type { Relational } from '../relational.ts';

/**
 * Makes the table `paired (chosen, rejected)` of indexes among the rows of `alive`, each row in one pair at most: at every place the best
 * accepted with the best rejected, and so on. Needs the table `person`: two pseudonyms of one device are one person.
 */
export async function pairPeople(db: Relational): Promise<void> {
  await db.run(`CREATE TABLE paired AS
    WITH side AS (SELECT idx, place, label, person,
        row_number() OVER (PARTITION BY place, label ORDER BY weight DESC, time, idx) AS turn
      FROM alive JOIN person USING (contributor) WHERE place <> '')
    SELECT chosen.idx AS chosen, rejected.idx AS rejected
    FROM side chosen JOIN side rejected USING (place, turn)
    WHERE chosen.label AND NOT rejected.label AND chosen.person <> rejected.person ORDER BY chosen`);
}
