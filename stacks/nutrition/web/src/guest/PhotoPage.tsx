// Takes a photo of a meal and shows what is on it.

import { useEffect, useState } from "react";
import { call, type Food, type Photo, raw, send } from "../shared/api";
import { percent, when } from "../shared/format";
import { Icon } from "../shared/Icon";
import { useLive } from "../shared/live";
import { useLanguage, useProblems, useWords } from "../shared/preferences";

export function PhotoPage() {
  const words = useWords();
  const problems = useProblems();
  const [photos, setPhotos] = useState<readonly Photo[]>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();

  const load = () => {
    call<{ photos: Photo[] }>("GET", "/api/photos").then((said) => setPhotos(said.photos), setProblem);
  };
  useEffect(load, []);
  useLive((name) => {
    if (name === "photo.recognised") load();
  });

  async function take(file: File | undefined) {
    if (!file) return;
    setBusy(true);
    setProblem(undefined);
    try {
      await send("/ai/image/photos", file);
    } catch (error) {
      setProblem(error);
    }
    setBusy(false);
  }

  return (
    <>
      <div className="heading">
        <h1>{words("photo")}</h1>
      </div>
      <p className="quiet lead">{words("photoLead")}</p>
      <label className={busy ? "drop busy" : "drop"}>
        <Icon name="camera" />
        <strong>{words(busy ? "looking" : "choosePhoto")}</strong>
        <input
          type="file"
          accept="image/jpeg,image/png,image/webp"
          disabled={busy}
          onChange={(event) => {
            void take(event.target.files?.[0]);
            event.target.value = "";
          }}
        />
      </label>
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problems(problem)}
        </p>
      )}
      {photos?.length === 0 && <p className="card empty quiet">{words("noPhotos")}</p>}
      <div className="photos">
        {photos?.map((photo) => (
          <PhotoCard key={photo.id} photo={photo} onGone={load} />
        ))}
      </div>
    </>
  );
}

function PhotoCard({ photo, onGone }: { photo: Photo; onGone: () => void }) {
  const words = useWords();
  const [language] = useLanguage();
  const [address, setAddress] = useState("");

  useEffect(() => {
    let made = "";
    raw("GET", `/api/photos/${photo.id}/content`)
      .then((answer) => answer.blob())
      .then(
        (blob) => {
          made = URL.createObjectURL(blob);
          setAddress(made);
        },
        () => setAddress(""),
      );
    return () => URL.revokeObjectURL(made);
  }, [photo.id]);

  const { foods, confident } = photo.recognition;
  return (
    <article className="card photo">
      {address ? <img src={address} alt="" /> : <div className="blank" />}
      <div className="seen">
        {foods.length === 0 && <p>{words("nothingSeen")}</p>}
        {foods.length > 0 && !confident && <p className="quiet">{words("unsure")}</p>}
        {(confident ? foods.slice(0, 1) : foods).map((food) => (
          <FoodShown key={food.name} food={food} />
        ))}
        <footer className="quiet small">
          {words("deletedOn", { when: when(photo.deleteAfter, language) })}
          <button
            type="button"
            className="plain round"
            aria-label={words("remove")}
            onClick={() => void call("DELETE", `/api/photos/${photo.id}`).then(onGone)}
          >
            <Icon name="trash" />
          </button>
        </footer>
      </div>
    </article>
  );
}

function FoodShown({ food }: { food: Food }) {
  const words = useWords();
  const [language] = useLanguage();
  const facts = food.nutrition;
  return (
    <div className="food">
      <h3>
        {language === "zh" ? food.name_zh || food.name : food.name}
        <span className="tag">{percent(food.confidence)}</span>
      </h3>
      {facts && (
        <p>
          <strong>{facts.kcal}</strong> {words("kcal")} · {words("protein")} {facts.protein} g ·{" "}
          {words("fat")} {facts.fat} g · {words("carbs")} {facts.carbs} g
          <br />
          <small className="quiet">{words("per", { amount: facts.per, source: facts.source })}</small>
        </p>
      )}
    </div>
  );
}
